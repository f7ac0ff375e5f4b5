#include "adapters/kubernetes/gateway.hpp"

#include <utility>

namespace helix::kubernetes {
namespace {

/// Served to every authenticated user, small, and never counted against a budget of ours.
constexpr const char* kProbePath = "/version";
constexpr std::chrono::milliseconds kProbeTimeout{10'000};
constexpr int kServerErrors = 500;

}  // namespace

Gateway::Gateway(SyncLoop& loop, http2_client::Channel& channel, std::function<double()> random,
                 std::atomic<std::uint64_t>& requests)
    : loop_(loop), channel_(channel), backoff_(std::move(random)), requests_(requests) {}

void Gateway::pass(SyncLoop::Task go) {
    if (suspicious_) {
        waiting_.push_back(std::move(go));
    } else {
        go();
    }
}

void Gateway::suspect(const Error& failure) {
    if (suspicious_) return;
    suspicious_ = true;
    problem_ = failure.message;
    probe_in(backoff_.next(std::chrono::seconds(failure.retry_after_s)));
}

void Gateway::probe_in(std::chrono::milliseconds pause) {
    loop_.post_at(std::chrono::steady_clock::now() + pause, [this] { probe(); });
}

void Gateway::probe() {
    http2_client::Request request;
    request.path = kProbePath;
    request.timeout = kProbeTimeout;
    ++requests_;
    channel_.submit(std::move(request), [this](const Result<http2_client::Response>& answer) {
        const bool alive = answer.ok() && answer->status < kServerErrors;
        loop_.post([this, alive] {
            if (alive) return answered();
            probe_in(backoff_.next());
        });
    });
}

void Gateway::answered() {
    suspicious_ = false;
    problem_.clear();
    backoff_.reset();
    const std::vector<SyncLoop::Task> ready = std::exchange(waiting_, {});
    for (const SyncLoop::Task& go : ready) pass(go);
}

}  // namespace helix::kubernetes
