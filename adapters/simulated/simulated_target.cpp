#include "adapters/simulated/simulated_target.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <shared_mutex>
#include <thread>

#include "adapters/simulated/api.hpp"
#include "adapters/simulated/demo_world.hpp"
#include "adapters/simulated/kinds.hpp"

namespace helix::simulated {
namespace {

/// The world is this old when one first sees it: pods run, figures have been scraped.
constexpr Micros kHistory = 600 * kSecond;
/// Real time: how long the driver sleeps at most.
constexpr std::chrono::milliseconds kNapMax{500};
constexpr std::uint64_t kConnections = 3;  ///< what a Kubernetes target of this size would hold open

Micros wall_clock() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

class Simulation final : public SimulatedTarget {
public:
    Simulation(std::string name, const SimOptions& options)
        : name_(std::move(name)),
          options_(options),
          own_clock_(options.clock == nullptr ? std::make_unique<SimClock>(wall_clock()) : nullptr),
          clock_(own_clock_ ? *own_clock_ : *options.clock),
          random_(options.seed ^ 0x5157'4f52'4c44ULL),
          world_(options, clock_.now() - kHistory),
          feed_(options, random_.fork(), counts_),
          scraper_(options, random_.fork(), counts_),
          faults_(options.faults) {
        begin();
        if (own_clock_) driver_ = std::jthread([this](const std::stop_token& stop) { drive(stop); });
    }

    ~Simulation() override {
        if (driver_.joinable()) {
            driver_.request_stop();
            driver_.join();
        }
        clock_.cancel(armed_id_);
    }

    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] std::string_view kind() const override { return "simulated"; }
    [[nodiscard]] std::string address() const override { return "built-in simulation (no cluster reached)"; }

    void read(const std::function<void(const cluster::State&)>& reader) const override {
        const std::shared_lock lock(mutex_);
        reader(mirror_);
    }

    [[nodiscard]] ports::Freshness freshness() const override;
    [[nodiscard]] ports::ConnectionFigures connections() const override;
    Result<gate::Preview> preview(const gate::Action& action) override;
    Result<ports::Before> look(const gate::Action& action) override;
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context) override;
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context) override;
    bool await_visible(const gate::Action& action, const ports::WriteResult& result, int timeout_ms) override;
    [[nodiscard]] std::vector<ports::WpaScore> wpa_scores() const override { return {}; }  // that API is not served
    void on_change(std::function<void()> listener) override;

    void with_world(const std::function<void(World&)>& use) override;
    void compare(const std::function<void(const World&, const cluster::State&)>& reader) const override {
        const std::shared_lock lock(mutex_);
        reader(world_, mirror_);
    }
    void set_faults(const Faults& faults) override;
    [[nodiscard]] FaultCounts fault_counts() const override;
    [[nodiscard]] bool quiescent() const override;
    [[nodiscard]] std::uint64_t trace_hash() const override;

private:
    void begin();
    void pump();
    void arm();
    void catch_up() { world_.advance_to(clock_.now()); }
    void drive(const std::stop_token& stop);
    void announce();
    void wait(Micros time);
    bool strikes(int chance, const char* fault);
    ports::WriteResult refused(Error failure) const;
    std::optional<Error> refusal(const gate::Action& action);
    ports::WriteResult find_out(const gate::Action& action, const Stamp& stamp, const ports::Before& before) const;

    const std::string name_;
    const SimOptions options_;
    const std::unique_ptr<SimClock> own_clock_;
    SimClock& clock_;

    mutable std::shared_mutex mutex_;  // guards everything down to armed_id_
    std::condition_variable_any changed_;
    Random random_;
    FaultCounts counts_;
    World world_;
    cluster::State mirror_;
    WatchFeed feed_;
    Scraper scraper_;
    Faults faults_;
    Micros next_scrape_ = 0;
    Micros last_sign_ = 0;
    Micros last_metrics_ = 0;
    std::uint64_t requests_ = 0;
    std::vector<std::function<void()>> listeners_;
    Micros armed_at_ = 0;
    SimClock::Id armed_id_ = 0;

    std::jthread driver_;
};

void Simulation::begin() {
    if (options_.demo) {
        demo_world(world_);
    } else {
        (void)world_.create(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}})");
    }
    world_.settle();
    catch_up();
    feed_.relist(world_, mirror_);
    world_.on_event([this](const Event& event) { feed_.take(event, clock_.now()); });
    last_sign_ = clock_.now();
    last_metrics_ = clock_.now();
    next_scrape_ = clock_.now() + options_.scrape_every;
    Scraper first(SimOptions{}, Random(0), counts_);  // the first figures are always there
    first.scrape(world_, clock_.now(), mirror_);
    arm();
}

/// Has the clock call `pump` when the next thing is due. The lock is held, or nobody else knows of us yet.
void Simulation::arm() {
    const Micros due = std::min({world_.next_due(), feed_.next_due(), next_scrape_});
    if (due == armed_at_ && armed_id_ != 0) return;
    clock_.cancel(armed_id_);
    armed_at_ = due;
    armed_id_ = clock_.call_at(due, [this] { pump(); });
    changed_.notify_all();
}

void Simulation::pump() {
    bool changed = false;
    {
        const std::unique_lock lock(mutex_);
        armed_id_ = 0;
        const Micros now = clock_.now();
        catch_up();
        if (feed_.synced()) last_sign_ = now;  // a change, or the bookmark of a quiet watch
        changed = feed_.deliver(world_, now, mirror_);
        if (next_scrape_ <= now) {
            ++requests_;
            if (scraper_.scrape(world_, now, mirror_)) {
                last_metrics_ = now;
                changed = true;
            }
            next_scrape_ = now + options_.scrape_every;
        }
        arm();
    }
    changed_.notify_all();
    if (changed) announce();
}

void Simulation::announce() {
    std::vector<std::function<void()>> listeners;
    {
        const std::shared_lock lock(mutex_);
        listeners = listeners_;
    }
    for (const auto& listener : listeners) listener();
}

void Simulation::drive(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        clock_.advance_to(wall_clock());
        std::shared_lock lock(mutex_);
        const auto nap = std::chrono::microseconds(std::max<Micros>(0, armed_at_ - wall_clock()));
        const Micros armed_at = armed_at_;
        changed_.wait_for(lock, stop, std::min<std::chrono::microseconds>(nap, kNapMax),
                          [&] { return armed_at_ != armed_at; });
    }
}

/// Lets `time` pass, as a caller that waits for an answer does. No lock is held.
void Simulation::wait(Micros time) {
    if (own_clock_) {
        std::this_thread::sleep_for(std::chrono::microseconds(time));
    } else {
        clock_.advance(time);
    }
}

ports::Freshness Simulation::freshness() const {
    const std::shared_lock lock(mutex_);
    ports::Freshness fresh{feed_.synced(), last_sign_, last_metrics_, {}};
    if (!fresh.synced) fresh.problem = "a watch was lost (410 Gone); it is being listed again";
    return fresh;
}

ports::ConnectionFigures Simulation::connections() const {
    const std::shared_lock lock(mutex_);
    return {kConnections, kConnections, requests_, feed_.relists_total(), feed_.events_total()};
}

Result<gate::Preview> Simulation::preview(const gate::Action& action) {
    const std::unique_lock lock(mutex_);
    ++requests_;
    catch_up();
    arm();
    return preview_of(world_, action);
}

bool Simulation::strikes(int chance, const char* fault) {
    if (!random_.per_mille(chance)) return false;
    ++counts_[fault];
    return true;
}

ports::WriteResult Simulation::refused(Error failure) const {
    ports::WriteResult result;
    result.outcome = ports::Outcome::NotApplied;
    result.detail = failure.message;
    result.failure = std::move(failure);
    return result;
}

/// A fault that keeps the write from happening, and tells the caller so.
std::optional<Error> Simulation::refusal(const gate::Action& action) {
    if (strikes(faults_.write_unsent, "write_unsent"))
        return error(Code::Unavailable, "the connection failed before the request was sent", "try again");
    if (strikes(faults_.write_throttled, "write_throttled")) return throttled();
    if (strikes(faults_.write_conflict, "write_conflict")) return modified(key_of(action));
    return std::nullopt;
}

Result<ports::Before> Simulation::look(const gate::Action& action) {
    const std::unique_lock lock(mutex_);
    ++requests_;
    catch_up();
    arm();
    ports::Before before;
    const Object* present = world_.find(key_of(action));
    if (present == nullptr) return before;
    before.exists = true;
    before.uid = present->uid;
    before.resource_version = std::to_string(present->resource_version);
    before.generation = present->generation;
    before.mark = mark_of(*present);
    return before;
}

ports::WriteResult Simulation::read_back(const gate::Action& action, const ports::Before& before,
                                         const ports::WriteContext& context) {
    const std::unique_lock lock(mutex_);
    ++requests_;
    catch_up();
    arm();
    const Object* now = world_.find(key_of(action));
    if (removes(action.verb)) return find_out(action, {context.mark, clock_.now()}, before);
    ports::WriteResult result;
    result.resource_version_before = before.resource_version;
    const std::string mark = now == nullptr ? before.mark : mark_of(*now);
    if (now == nullptr || mark == before.mark)
        return refused(error(Code::Unavailable, "read back: not done", "try again"));
    if (mark != context.mark) {  // somebody wrote after it, or instead of it
        result.detail = "read back: the object does not tell";
        result.failure = error(Code::UnknownOutcome, result.detail, "look at the object");
        return result;
    }
    result.uid = now->uid;
    result.resource_version_after = std::to_string(now->resource_version);
    const bool partly = action.verb == gate::Verb::Drain && !is_done(world_, action, {context.mark, 0}, before.uid);
    result.outcome = partly ? ports::Outcome::Unknown : ports::Outcome::Applied;
    result.detail = partly ? "read back: cordoned, some pods not evicted" : "read back: done";
    if (partly) result.failure = error(Code::UnknownOutcome, result.detail, "drain again");
    return result;
}

ports::WriteResult Simulation::find_out(const gate::Action& action, const Stamp& stamp,
                                        const ports::Before& before) const {
    const Object* now = world_.find(key_of(action));
    ports::WriteResult result;
    result.resource_version_before = before.resource_version;
    if (now != nullptr) result.resource_version_after = std::to_string(now->resource_version);
    result.uid = now != nullptr ? now->uid : before.uid;
    if (is_done(world_, action, stamp, before.uid)) {
        result.outcome = ports::Outcome::Applied;
        result.detail = "the answer was lost; read back: done";
    } else {
        result.outcome = ports::Outcome::NotApplied;
        result.detail = "the answer was lost; read back: not done";
        result.failure = error(Code::Unavailable, result.detail, "try again");
    }
    return result;
}

ports::WriteResult Simulation::write(const gate::Action& action, const ports::Before& before,
                                     const ports::WriteContext& context) {
    std::unique_lock lock(mutex_);
    if (!context.allowed())
        return refused(error(Code::Unavailable, "another process has taken over; nothing was sent"));
    ++requests_;
    catch_up();
    if (auto failure = refusal(action)) return refused(*std::move(failure));

    const Stamp stamp{context.mark, clock_.now()};
    const Object* present = world_.find(key_of(action));
    if (before.exists && present != nullptr && present->uid != before.uid) return refused(modified(key_of(action)));
    const bool lost_undone = strikes(faults_.answer_lost_undone, "answer_lost_undone");
    const bool lost_done = !lost_undone && strikes(faults_.answer_lost_done, "answer_lost_done");
    Result<Written> written = error(Code::Unavailable, "lost");
    if (!lost_undone) {
        written = perform(world_, action, stamp);
        if (!lost_done || !written) world_.settle();
    }
    if (lost_undone || lost_done) {
        ports::WriteResult result;
        if (strikes(faults_.read_back_lost, "read_back_lost")) {
            result.detail = "the answer was lost, and reading back failed too";
            result.failure = error(Code::UnknownOutcome, result.detail, "read the object before doing anything else");
        } else {
            result = find_out(action, stamp, before);
        }
        world_.settle();
        arm();
        return result;
    }
    arm();
    if (strikes(faults_.answer_late, "answer_late")) {
        const Micros delay = random_.between(kMillisecond, faults_.late_max);
        lock.unlock();
        wait(delay);
    }
    if (!written) return refused(std::move(written).error());
    return ports::WriteResult{ports::Outcome::Applied,         written->detail, written->resource_version_before,
                              written->resource_version_after, written->uid,    std::nullopt};
}

bool Simulation::await_visible(const gate::Action& action, const ports::WriteResult& result, int timeout_ms) {
    const Key key = key_of(action);
    const auto visible = [&] { return feed_.shows(key, result.resource_version_after, result.uid); };
    std::shared_lock lock(mutex_);
    if (own_clock_) return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), visible);
    const Micros deadline = clock_.now() + timeout_ms * kMillisecond;
    while (!visible()) {
        const Micros next = std::min(clock_.next_due(), deadline);
        if (clock_.now() >= deadline) return false;
        lock.unlock();
        clock_.advance_to(next);
        lock.lock();
    }
    return true;
}

void Simulation::on_change(std::function<void()> listener) {
    const std::unique_lock lock(mutex_);
    listeners_.push_back(std::move(listener));
}

void Simulation::with_world(const std::function<void(World&)>& use) {
    const std::unique_lock lock(mutex_);
    catch_up();
    use(world_);
    world_.settle();
    arm();
}

void Simulation::set_faults(const Faults& faults) {
    const std::unique_lock lock(mutex_);
    faults_ = faults;
    feed_.set_faults(faults);
    scraper_.set_faults(faults);
}

FaultCounts Simulation::fault_counts() const {
    const std::shared_lock lock(mutex_);
    return counts_;
}

bool Simulation::quiescent() const {
    const std::shared_lock lock(mutex_);
    return feed_.drained();
}

std::uint64_t Simulation::trace_hash() const {
    const std::shared_lock lock(mutex_);
    return world_.trace_hash();
}

}  // namespace

std::unique_ptr<SimulatedTarget> make_simulated_target(std::string name, SimOptions options) {
    return std::make_unique<Simulation>(std::move(name), options);
}

}  // namespace helix::simulated
