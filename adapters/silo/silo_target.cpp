#include "adapters/silo/silo_target.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>

#include "adapters/docker/engine.hpp"
#include "adapters/silo/mirror.hpp"
#include "adapters/silo/writes.hpp"

namespace helix::silo {
namespace {

using docker::Container;
using Clock = std::chrono::steady_clock;

constexpr int kNoSuchProgram = 127;
/// A burst of events is one change.
constexpr std::chrono::milliseconds kRefreshGap{100};
constexpr std::chrono::milliseconds kLookForConnection{250};
constexpr std::chrono::seconds kStreamLives{5};
constexpr std::size_t kContainersMost = 10'000;

std::int64_t wall_clock() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

class SiloTarget final : public ports::Target {
public:
    SiloTarget(std::string name, SiloOptions options)
        : name_(std::move(name)), options_(std::move(options)), link_(options_.ssh) {
        engine_ = *docker::Engine::open(link_.local_socket());
        writes_.emplace(*engine_, options_.read_back_time);
        worker_ = std::thread([this] { run(); });
    }

    ~SiloTarget() override {
        {
            const std::lock_guard lock(wishes_mutex_);
            stopping_ = true;
        }
        wished_.notify_all();
        writes_->stop();
        link_.stop();  // whoever waits for the host waits no longer
        worker_.join();
        engine_.reset();
    }
    SiloTarget(const SiloTarget&) = delete;
    SiloTarget& operator=(const SiloTarget&) = delete;

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] std::string_view kind() const override { return "docker"; }
    [[nodiscard]] std::string address() const override { return "ssh://" + options_.ssh.address.host; }

    void read(const std::function<void(const cluster::State&)>& reader) const override {
        const std::shared_lock lock(state_mutex_);
        reader(state_);
    }
    [[nodiscard]] ports::Freshness freshness() const override;
    [[nodiscard]] ports::ConnectionFigures connections() const override;

    Result<gate::Preview> preview(const gate::Action& action) override;
    Result<ports::Before> look(const gate::Action& action) override { return writes_->look(action); }
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context) override {
        return writes_->write(action, before, context);
    }
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context) override {
        return writes_->read_back(action, before, context);
    }
    bool await_visible(const gate::Action& action, const ports::WriteResult& result, int timeout_ms) override;
    [[nodiscard]] std::vector<ports::WpaScore> wpa_scores() const override { return {}; }
    void on_change(std::function<void()> listener) override {
        const std::lock_guard lock(listener_mutex_);
        listener_ = std::move(listener);
    }

private:
    void run();
    void turn(bool figures_due);
    Result<void> greet();
    Result<void> refresh();
    Result<void> read_figures();
    Result<void> read_gpu_figures();
    void forget_inspection(const std::string& id);
    void announce();

    const std::string name_;
    const SiloOptions options_;
    ssh::Link link_;
    std::unique_ptr<docker::Engine> engine_;
    std::optional<Writes> writes_;

    mutable std::shared_mutex state_mutex_;  // guards what follows
    cluster::State state_;
    bool listed_ = false;
    std::int64_t last_list_us_ = 0;
    std::int64_t last_figures_us_ = 0;
    std::uint64_t lists_ = 0;
    std::uint64_t events_ = 0;
    std::string problem_;

    std::mutex wishes_mutex_;  // guards what follows
    std::condition_variable wished_;
    std::condition_variable refreshed_;
    bool stopping_ = false;
    bool follows_ = false;
    std::uint64_t wanted_ = 1;       // refreshes asked for
    std::uint64_t tried_ = 0;        // of those
    std::uint64_t shown_ = 0;        // of those: that the state shows
    std::set<std::string> changed_;  // ids to be inspected anew

    // Of the worker alone.
    std::uint64_t greeted_ = 0;  // the connection whose engine said who it is
    docker::EngineInfo info_;
    std::map<std::string, Container> containers_;  // by id
    std::vector<GpuFigures> gpus_;
    bool has_gpus_ = true;  // until the host says that it has not
    std::optional<Error> gpus_hang_;

    std::mutex listener_mutex_;
    std::function<void()> listener_;

    std::thread worker_;
};

void SiloTarget::run() {
    auto next_figures = Clock::now();
    while (true) {
        {
            std::unique_lock lock(wishes_mutex_);
            wished_.wait_until(lock, next_figures, [&] { return stopping_ || wanted_ > tried_; });
            if (!stopping_ && wanted_ > tried_) wished_.wait_for(lock, kRefreshGap, [&] { return stopping_; });
            if (stopping_) return;
        }
        const bool due = Clock::now() >= next_figures;
        const bool connected = link_.status().connected;
        turn(due);
        // Without a connection it is looked at often: the first figures shall come with it.
        if (due) next_figures = Clock::now() + (connected ? options_.figures_every : kLookForConnection);
    }
}

void SiloTarget::turn(bool figures_due) {
    std::uint64_t wanted = 0;
    {
        const std::lock_guard lock(wishes_mutex_);
        wanted = wanted_;
    }
    Result<void> done = greet();
    if (done) done = refresh();
    const bool seen = done.ok();
    if (done && figures_due) done = read_figures();
    {
        const std::unique_lock lock(state_mutex_);
        problem_ = done ? std::string() : done.error().message;
    }
    {
        const std::lock_guard lock(wishes_mutex_);
        tried_ = wanted;  // one that failed comes again with the tick
        if (seen) shown_ = wanted;
    }
    refreshed_.notify_all();
    announce();
}

/// Once for each connection: who is there, and its events from now on.
Result<void> SiloTarget::greet() {
    const ssh::LinkStatus status = link_.status();
    if (!status.connected) return error(Code::Unavailable, status.problem);
    if (greeted_ == status.opened_total) {
        const std::lock_guard lock(wishes_mutex_);
        if (follows_) return {};
    }
    auto info = engine_->info();
    if (!info) return info.error();
    info_ = *std::move(info);
    containers_.clear();                    // what happened meanwhile nobody told
    if (greeted_ != status.opened_total) {  // each try leaves a hanging process over there
        has_gpus_ = true;
        gpus_hang_.reset();
    }
    {
        const std::lock_guard lock(wishes_mutex_);
        follows_ = true;
    }
    engine_->follow(
        info_.now_s, [this](const std::string& id) { forget_inspection(id); },
        [this, began = Clock::now()] {
            const std::lock_guard lock(wishes_mutex_);
            follows_ = false;
            if (Clock::now() - began < kStreamLives) return;  // an engine that tells no events: the tick looks
            ++wanted_;                                        // what happens until it is followed again nobody tells
            wished_.notify_all();
        });
    greeted_ = status.opened_total;
    return {};
}

void SiloTarget::forget_inspection(const std::string& id) {
    {
        const std::unique_lock lock(state_mutex_);
        ++events_;
    }
    const std::lock_guard lock(wishes_mutex_);
    if (changed_.size() < kContainersMost) changed_.insert(id);
    ++wanted_;
    wished_.notify_all();
}

/// Lists the containers, and inspects those that are new or of which something happened.
Result<void> SiloTarget::refresh() {
    std::set<std::string> changed;
    {
        const std::lock_guard lock(wishes_mutex_);
        changed.swap(changed_);
    }
    const auto put_back = [&](const Error& failure) {
        const std::lock_guard lock(wishes_mutex_);
        changed_.insert(changed.begin(), changed.end());
        return failure;
    };
    const auto listing = engine_->list();
    if (!listing) return put_back(listing.error());
    if (listing->size() > kContainersMost)
        return put_back(error(Code::ResourceExhausted, "more containers than " + std::to_string(kContainersMost)));
    std::map<std::string, Container> present;
    for (const docker::Listed& listed : *listing) {
        const auto known = containers_.find(listed.id);
        const bool still = known != containers_.end() && !changed.contains(listed.id) &&
                           known->second.status == listed.state && known->second.name == listed.name;
        if (still) {
            present.insert(*known);
            continue;
        }
        const auto container = engine_->inspect(listed.id);
        if (!container && container.error().code == Code::NotFound) continue;  // gone since the listing
        if (!container) return put_back(container.error());
        present.emplace(listed.id, *container);
    }
    containers_ = std::move(present);
    std::vector<Container> all;
    all.reserve(containers_.size());
    for (const auto& [id, container] : containers_) all.push_back(container);
    const std::unique_lock lock(state_mutex_);
    show_containers(name_, all, gpus_, state_);
    ++lists_;
    last_list_us_ = wall_clock();
    return {};
}

Result<void> SiloTarget::read_figures() {
    std::vector<std::string> ids;
    std::vector<std::string> names;
    for (const auto& [id, container] : containers_) {
        if (!container.running) continue;
        ids.push_back(id);
        names.push_back(container.name);
    }
    const auto use = engine_->memory_of(ids);
    std::map<std::string, std::int64_t> by_name;
    Result<void> first_failure;
    for (std::size_t i = 0; i < use.size(); ++i) {
        if (use[i]) by_name[names[i]] = *use[i];
        if (!use[i] && use[i].error().code != Code::NotFound && first_failure) first_failure = use[i].error();
    }
    if (!first_failure) return first_failure;
    const auto output = link_.run(kMemoryCommand, options_.answer_most);
    if (!output) return output.error();
    const auto memory = read_meminfo(output->out);
    if (!memory) return memory.error();
    const std::int64_t now = wall_clock();
    {
        const std::unique_lock lock(state_mutex_);
        show_host(name_, memory->total, info_.cpus, state_);
        show_use(by_name, now, state_);
        show_host_use(name_, *memory, now, state_);
        listed_ = true;
        last_figures_us_ = now;
    }
    return read_gpu_figures();
}

Result<void> SiloTarget::read_gpu_figures() {
    if (!has_gpus_) return {};
    if (gpus_hang_) return *gpus_hang_;
    const auto output = link_.run(kGpuCommand, options_.answer_most);
    if (!output) {
        // One that hangs keeps its session on the host, which has ten: it is asked no more on this connection.
        if (output.error().code == Code::DeadlineExceeded)
            gpus_hang_ = error(Code::DeadlineExceeded, "nvidia-smi hangs on the host",
                               "see to it there; it is asked again when the connection is a new one");
        return output.error();
    }
    if (output->exit_status == kNoSuchProgram) {
        has_gpus_ = false;  // until the next connection; figures of GPUs that were there age
        return {};
    }
    if (output->exit_status != 0)
        return error(Code::Unavailable, "nvidia-smi on the host fails with " + std::to_string(output->exit_status),
                     "see nvidia-smi on the host");
    auto gpus = silo::read_gpus(output->out);
    if (!gpus) return gpus.error();
    const auto same_gpu = [](const GpuFigures& left, const GpuFigures& right) {
        return left.index == right.index && left.uuid == right.uuid;
    };
    const bool others = !std::equal(gpus_.begin(), gpus_.end(), gpus->begin(), gpus->end(), same_gpu);
    gpus_ = *std::move(gpus);
    {
        const std::unique_lock lock(state_mutex_);
        show_gpus(name_, gpus_, state_);
    }
    if (others)
        if (auto shown = refresh(); !shown) return shown;  // who uses which
    const std::unique_lock lock(state_mutex_);
    show_gpu_use(name_, gpus_, wall_clock(), state_);
    return {};
}

void SiloTarget::announce() {
    std::function<void()> listener;
    {
        const std::lock_guard lock(listener_mutex_);
        listener = listener_;
    }
    if (listener) listener();
}

ports::Freshness SiloTarget::freshness() const {
    const ssh::LinkStatus status = link_.status();
    const std::shared_lock lock(state_mutex_);
    ports::Freshness fresh{listed_, last_list_us_, last_figures_us_, status.connected ? problem_ : status.problem};
    if (status.refusal)
        fresh.alarm =
            ports::Alarm{"silo.host_key", status.refusal->host + " shows the host key " + status.refusal->fingerprint +
                                              ", which is " + status.refusal->why};
    return fresh;
}

ports::ConnectionFigures SiloTarget::connections() const {
    const ssh::LinkStatus status = link_.status();
    const std::shared_lock lock(state_mutex_);
    return {status.opened_total, status.connected ? 1U : 0U, engine_->requests_total() + status.commands_total, lists_,
            events_};
}

/// From the mirror alone: a host that hangs keeps no verdict waiting. The engine itself refuses a name that is taken.
Result<gate::Preview> SiloTarget::preview(const gate::Action& action) {
    if (auto checked = Writes::check(action); !checked) return checked.error();
    gate::Preview preview;
    const std::shared_lock lock(state_mutex_);
    const auto id = state_.find_workload(cluster::WorkloadKind::Container, "", action.object.name);
    preview.exists = id != cluster::kNone;
    if (action.verb == gate::Verb::Create) {
        const auto manifest = docker::read_manifest(action.body);
        if (!manifest) return manifest.error();
        if (preview.exists)
            return error(Code::AlreadyExists, describe(action.object) + " is there already",
                         "delete it first, or choose another name", describe(action.object));
        preview.workload = planned(name_, *manifest);
        preview.gpu_shares = planned_gpu_shares(name_, *manifest);
        return preview;
    }
    const auto memory = docker::read_memory_limit(action.body);
    if (!memory) return memory.error();
    if (!preview.exists) return preview;  // the gate says that it is not there
    preview.workload = state_.workload(id).workload;
    auto shape = std::make_shared<cluster::PodShape>(*preview.workload->shape);
    shape->memory_limit = *memory;
    preview.workload->shape = std::move(shape);
    return preview;
}

bool SiloTarget::await_visible(const gate::Action&, const ports::WriteResult& result, int timeout_ms) {
    std::unique_lock lock(wishes_mutex_);
    changed_.insert(result.uid);  // its event may come late
    const std::uint64_t mine = ++wanted_;
    wished_.notify_all();
    return refreshed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return shown_ >= mine; });
}

}  // namespace

std::unique_ptr<ports::Target> make_silo_target(std::string name, SiloOptions options) {
    return std::make_unique<SiloTarget>(std::move(name), std::move(options));
}

}  // namespace helix::silo
