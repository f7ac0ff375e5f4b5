#include "adapters/kubernetes/metrics_poller.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace helix::kubernetes {
namespace {

constexpr const char* kNodes = "/apis/metrics.k8s.io/v1beta1/nodes";
constexpr const char* kPods = "/apis/metrics.k8s.io/v1beta1/pods";
constexpr std::size_t kBytesMax = 256U << 20U;
constexpr std::chrono::milliseconds kTimeout{30'000};

}  // namespace

MetricsPoller::MetricsPoller(WatchContext& context, Mirror& mirror, std::chrono::milliseconds period)
    : context_(context), mirror_(mirror), period_(period) {}

void MetricsPoller::start() {
    poll();
}

/// The pods first: once a node has its figure the gate judges with it, and has to know by then what its pods use.
void MetricsPoller::poll() {
    begun_at_ = std::chrono::steady_clock::now();
    context_.gateway.pass([this] { fetch(kPods, false); });
}

void MetricsPoller::fetch(const char* path, bool nodes) {
    http2_client::Request request;
    request.path = path;
    request.timeout = kTimeout;
    request.body_bytes_max = kBytesMax;
    ++context_.requests;
    context_.channel.submit(std::move(request), [this, nodes](Result<http2_client::Response> answer) {
        auto shared = std::make_shared<Result<http2_client::Response>>(std::move(answer));
        context_.loop.post([this, nodes, shared] { take(std::move(*shared), nodes); });
    });
}

void MetricsPoller::take(Result<http2_client::Response>&& answer, bool nodes) {
    retry_after_s_ = 0;
    if (answer) answer = http2_client::accept(std::move(*answer), false);
    if (!answer) {
        const Error& why = answer.error();
        retry_after_s_ = why.retry_after_s;
        problem_ = why.code == Code::NotFound ? "metrics.k8s.io is not served: install metrics-server"
                                              : "metrics.k8s.io: " + why.message;
        return settle();
    }
    context_.sign_of_life();
    std::int64_t newest = newest_us_;
    const auto read = context_.decoder.decode_metrics(answer->body, [&](kube_objects::UsageSample&& sample) {
        if (!nodes) return mirror_.pod_usage(sample);
        newest = std::max(newest, sample.at);
        mirror_.node_usage(sample);
    });
    if (!read) {
        problem_ = "metrics.k8s.io: " + read.error().message;
        return settle();
    }
    if (!nodes) return fetch(kNodes, true);
    newest_us_ = newest;
    problem_ = newest_us_ == 0 ? "metrics.k8s.io has no figures yet" : "";
    context_.decoder.shrink();
    settle();
}

void MetricsPoller::settle() {
    const Instant next =
        std::max<Instant>(begun_at_ + period_, std::chrono::steady_clock::now() + std::chrono::seconds(retry_after_s_));
    context_.loop.post_at(next, [this] { poll(); });
}

}  // namespace helix::kubernetes
