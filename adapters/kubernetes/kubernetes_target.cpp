#include "adapters/kubernetes/kubernetes_target.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include "adapters/kubernetes/kubernetes_courtroom.hpp"
#include "adapters/kubernetes/metrics_poller.hpp"
#include "adapters/kubernetes/mirror.hpp"
#include "adapters/kubernetes/watcher.hpp"

namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using kube_objects::Kind;

struct Watched {
    Kind kind;
    const char* path;
    bool may_be_absent;
};

/// Nodes and workloads before pods, so that a pod finds its owner and its node.
constexpr std::array<Watched, 11> kWatched = {{
    {Kind::Namespace, "/api/v1/namespaces", false},
    {Kind::Node, "/api/v1/nodes", false},
    {Kind::Deployment, "/apis/apps/v1/deployments", false},
    {Kind::StatefulSet, "/apis/apps/v1/statefulsets", false},
    {Kind::DaemonSet, "/apis/apps/v1/daemonsets", false},
    {Kind::ReplicaSet, "/apis/apps/v1/replicasets", false},
    {Kind::ReplicationController, "/api/v1/replicationcontrollers", false},
    {Kind::Job, "/apis/batch/v1/jobs", false},
    {Kind::CronJob, "/apis/batch/v1/cronjobs", false},
    {Kind::Pod, "/api/v1/pods", false},
    {Kind::WatermarkPodAutoscaler, "/apis/datadoghq.com/v1alpha1/watermarkpodautoscalers", true},
}};

WatchedResource resource_of(const Watched& watched) {
    WatchedResource resource{watched.kind, watched.path};
    resource.reflector.may_be_absent = watched.may_be_absent;
    return resource;
}

std::optional<Kind> watched_kind(const std::string& kind) {
    if (kind == "Node") return Kind::Node;
    if (kind == "Pod") return Kind::Pod;
    if (kind == "Namespace") return Kind::Namespace;
    for (const Watched& one : kWatched)
        if (const auto workload = workload_of(one.kind);
            workload != cluster::WorkloadKind::Other && to_string(workload) == kind)
            return one.kind;
    return std::nullopt;
}

constexpr std::chrono::seconds kMetricsWait{10};

std::int64_t system_now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::function<double()> seeded_random() {
    auto engine = std::make_shared<std::minstd_rand>(std::random_device{}());
    return [engine] { return std::uniform_real_distribution<double>(0.0, 1.0)(*engine); };
}

http2_client::ChannelOptions channel_options(std::size_t connections) {
    http2_client::ChannelOptions options;
    options.max_connections = connections;
    // Whoever asked decides about asking again: the watches with their pauses, Api::get once.
    options.read_sends_max = 1;
    return options;
}

class KubernetesTarget final : public ports::Target {
public:
    KubernetesTarget(std::string name, std::string address, std::unique_ptr<http2_client::Channel> shared,
                     std::unique_ptr<http2_client::Channel> changes, KubernetesOptions options);
    ~KubernetesTarget() override;

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] std::string_view kind() const override { return "kubernetes"; }
    [[nodiscard]] std::string address() const override { return address_; }
    void read(const std::function<void(const cluster::State&)>& reader) const override { mirror_.read(reader); }
    [[nodiscard]] ports::Freshness freshness() const override;
    [[nodiscard]] ports::ConnectionFigures connections() const override;
    Result<gate::Preview> preview(const Action& action) override { return writer_.preview(action); }
    Result<ports::Before> look(const Action& action) override { return writer_.look(action); }
    ports::WriteResult write(const Action& action, const ports::Before& before,
                             const ports::WriteContext& context) override {
        return writer_.write(action, before, context);
    }
    ports::WriteResult read_back(const Action& action, const ports::Before& before,
                                 const ports::WriteContext& context) override {
        return writer_.read_back(action, before, context);
    }
    bool await_visible(const Action& action, const ports::WriteResult& result, int timeout_ms) override;
    [[nodiscard]] std::vector<ports::WpaScore> wpa_scores() const override;
    ports::Courtroom* courtroom() override { return &courtroom_; }
    void on_change(std::function<void()> listener) override;

private:
    void after_batch();
    void publish();
    void start_metrics();

    const std::string name_;
    const std::string address_;
    const KubernetesOptions options_;
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<std::uint64_t> events_{0};
    std::atomic<std::int64_t> last_sign_us_{0};
    std::unique_ptr<http2_client::Channel> shared_;
    std::unique_ptr<http2_client::Channel> changes_;
    Api api_;
    ResourceMap resources_;
    Writer writer_;
    Mirror mirror_;
    kube_objects::Decoder decoder_;  // of the loop's thread

    mutable std::mutex mutex_;  // guards what the loop publishes, and the listeners
    ports::Freshness freshness_;
    std::uint64_t relists_ = 0;
    std::vector<std::function<void()>> listeners_;
    std::uint64_t told_changes_ = 0;

    SyncLoop loop_;
    Gateway gateway_;
    WatchContext context_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    MetricsPoller metrics_;
    CourtFeed court_feed_;
    KubernetesCourtroom courtroom_;
    bool metrics_started_ = false;
};

KubernetesTarget::KubernetesTarget(std::string name, std::string address, std::unique_ptr<http2_client::Channel> shared,
                                   std::unique_ptr<http2_client::Channel> changes, KubernetesOptions options)
    : name_(std::move(name)),
      address_(std::move(address)),
      options_(std::move(options)),
      shared_(std::move(shared)),
      changes_(std::move(changes)),
      api_(*shared_, *changes_, requests_),
      resources_([this](const std::string& path) -> Result<std::string> {
          auto answer = api_.get(path);
          if (!answer) return answer.error();
          return std::move(answer->body);
      }),
      writer_(api_, resources_, options_.writer, [this] { return options_.now_us() / 1'000'000; }),
      loop_("helix-sync", [this] { after_batch(); }),
      gateway_(loop_, *shared_, options_.random, requests_),
      context_{loop_,
               *shared_,
               gateway_,
               decoder_,
               options_.random,
               [this] { last_sign_us_ = options_.now_us(); },
               requests_,
               events_,
               options_.page_limit,
               options_.watch_timeout_s},
      metrics_(context_, mirror_, options_.metrics_period),
      court_feed_(context_),
      courtroom_(court_feed_, api_, options_.now_us) {
    loop_.post([this] {
        for (const Watched& one : kWatched)
            watchers_.push_back(std::make_unique<Watcher>(context_, mirror_, resource_of(one)));
        for (const auto& watcher : watchers_) watcher->start();
        court_feed_.start();
        loop_.post_at(std::chrono::steady_clock::now() + kMetricsWait, [this] { start_metrics(); });
    });
}

/// First nothing new is begun, then nothing more arrives, then the rest may go.
KubernetesTarget::~KubernetesTarget() {
    writer_.stop();
    loop_.stop();
    shared_.reset();
    changes_.reset();
}

void KubernetesTarget::publish() {
    ports::Freshness fresh;
    fresh.synced = !watchers_.empty();
    std::uint64_t relists = 0;
    for (const auto& watcher : watchers_) {
        relists += watcher->reflector().relists();
        if (watcher->current()) continue;
        fresh.synced = false;
        const auto& problem = watcher->reflector().problem();
        if (fresh.problem.empty())
            fresh.problem = watcher->path() + ": " +
                            (problem                      ? problem->message
                             : gateway_.problem().empty() ? "still being listed"
                                                          : gateway_.problem());
    }
    if (fresh.problem.empty()) fresh.problem = metrics_.problem();
    fresh.last_metrics_us = metrics_.newest_us();
    const std::lock_guard lock(mutex_);
    freshness_ = std::move(fresh);
    relists_ = relists;
}

/// Figures of pods not yet listed would be dropped: the first poll waits for the lists, though not for ever.
void KubernetesTarget::start_metrics() {
    if (!std::exchange(metrics_started_, true)) metrics_.start();
}

void KubernetesTarget::after_batch() {
    const bool listed = std::all_of(watchers_.begin(), watchers_.end(), [](const auto& watcher) {
        return watcher->reflector().listed() || watcher->reflector().absent();
    });
    if (listed && !watchers_.empty()) start_metrics();
    publish();
    court_feed_.publish();
    courtroom_.announce();
    const std::uint64_t changes = mirror_.changes();
    if (changes == told_changes_) return;
    told_changes_ = changes;
    std::vector<std::function<void()>> listeners;
    {
        const std::lock_guard lock(mutex_);
        listeners = listeners_;
    }
    for (const auto& listener : listeners) listener();
}

ports::Freshness KubernetesTarget::freshness() const {
    const std::lock_guard lock(mutex_);
    ports::Freshness fresh = freshness_;
    fresh.last_event_us = last_sign_us_;
    return fresh;
}

ports::ConnectionFigures KubernetesTarget::connections() const {
    ports::ConnectionFigures figures;
    figures.opened_total = shared_->connections_opened() + changes_->connections_opened();
    figures.open = shared_->connections_open() + changes_->connections_open();
    figures.requests_total = requests_;
    figures.watch_events_total = events_;
    const std::lock_guard lock(mutex_);
    figures.relists_total = relists_;
    return figures;
}

bool KubernetesTarget::await_visible(const Action& action, const ports::WriteResult& result, int timeout_ms) {
    const auto kind = watched_kind(action.object.kind);
    if (!kind) return true;  // the mirror does not hold that kind
    const gate::ObjectRef& object = action.object;
    const bool leaves = action.verb == Verb::Evict || action.verb == Verb::Delete;
    return mirror_.wait(*kind, timeout_ms, [&](const cluster::State& state, const std::string& version) {
        if (!result.resource_version_after.empty()) {
            const auto order = compare_versions(version, result.resource_version_after);
            return order && *order >= 0;
        }
        if (!leaves) return true;
        if (*kind == Kind::Pod) {
            const cluster::PodId pod = state.find_pod(object.ns, object.name);
            return pod == cluster::kNone || state.pod(pod).uid != result.uid;
        }
        if (*kind == Kind::Node) return state.find_node(object.name) == cluster::kNone;
        const auto workload = state.find_workload(workload_of(*kind), object.ns, object.name);
        return workload == cluster::kNone || state.workload(workload).workload.uid != result.uid;
    });
}

std::vector<ports::WpaScore> KubernetesTarget::wpa_scores() const {
    const auto autoscalers = mirror_.watermark_autoscalers();
    std::vector<ports::WpaScore> scores;
    mirror_.read(
        [&](const cluster::State& state) { scores = watermark_scores(autoscalers, state, options_.watermarks); });
    return scores;
}

void KubernetesTarget::on_change(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(listener));
}

}  // namespace

Result<std::unique_ptr<ports::Target>> make_kubernetes_target(std::string name, kubeconfig::Access access,
                                                              KubernetesOptions options) {
    if (!options.now_us) options.now_us = system_now_us;
    if (!options.random) options.random = seeded_random();
    auto shared =
        http2_client::Channel::open(access.endpoint, access.credentials, channel_options(options.connections));
    if (!shared) return shared.error();
    auto changes = http2_client::Channel::open(access.endpoint, access.credentials, channel_options(1));
    if (!changes) return changes.error();
    return std::unique_ptr<ports::Target>(std::make_unique<KubernetesTarget>(
        std::move(name), access.endpoint.server_url, std::move(*shared), std::move(*changes), std::move(options)));
}

Result<std::unique_ptr<ports::Target>> make_kubernetes_target(std::string name,
                                                              const std::vector<std::string>& kubeconfig_paths,
                                                              const std::string& context, KubernetesOptions options) {
    const auto config = kubeconfig::load(kubeconfig_paths);
    if (!config) return config.error();
    auto access = kubeconfig::resolve(*config, context, options.access);
    if (!access) return access.error();
    return make_kubernetes_target(std::move(name), std::move(*access), std::move(options));
}

Result<std::unique_ptr<ports::Target>> make_in_cluster_target(std::string name, const std::string& folder,
                                                              const std::string& host, const std::string& port,
                                                              KubernetesOptions options) {
    auto access = kubeconfig::in_cluster(folder, host, port, options.access);
    if (!access) return access.error();
    return make_kubernetes_target(std::move(name), std::move(*access), std::move(options));
}

}  // namespace helix::kubernetes
