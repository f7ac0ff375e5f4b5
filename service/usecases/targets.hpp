#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "domain/gate/gate.hpp"
#include "service/ports/target.hpp"

namespace helix::usecases {

/// One target with what the helix keeps about it: whose turn it is, and what has been admitted but does not show yet.
class TargetRuntime {
public:
    explicit TargetRuntime(std::unique_ptr<ports::Target> target) : target_(std::move(target)) {}

    [[nodiscard]] ports::Target& target() { return *target_; }
    [[nodiscard]] const ports::Target& target() const { return *target_; }

    /// Held for a whole turn of the helix: one cycle at a time per target.
    std::mutex& turn() { return turn_; }

    /// While intents that a former process left open on this target are not ended, nothing is written to it.
    [[nodiscard]] bool recovering() const { return recovering_; }
    void set_recovering(bool recovering) { recovering_ = recovering; }

    /// Calls `judge` with a consistent state and the reservations that stand, both unchanged meanwhile.
    template <class F>
    void judge(F&& judge) const {
        const std::lock_guard lock(reservations_mutex_);
        target_->read([&](const cluster::State& state) { judge(state, std::span(reservations_)); });
    }

    void reserve(gate::Reservation reservation);
    /// The mirror shows the write now: from here on the state tells what is still to come.
    void mark_shown(const std::string& id);
    void release(const std::string& id);

    /// Releases what has become visible in the metrics; returns the reservations that timed out instead.
    std::vector<gate::Reservation> sweep(cluster::Micros now);

    [[nodiscard]] std::size_t reserved() const;

private:
    std::unique_ptr<ports::Target> target_;
    std::mutex turn_;
    std::atomic<bool> recovering_{false};
    mutable std::mutex reservations_mutex_;
    std::vector<gate::Reservation> reservations_;
};

/// The targets of the configuration, fixed after start.
class Targets {
public:
    void add(std::unique_ptr<ports::Target> target);
    /// Lets every target go: from here on none of them calls anybody. Nobody may use one any more.
    void clear() { targets_.clear(); }

    /// nullptr when there is none of that name.
    [[nodiscard]] TargetRuntime* find(std::string_view name) const;
    [[nodiscard]] const std::vector<std::unique_ptr<TargetRuntime>>& all() const { return targets_; }
    /// The target a request means: the named one; the only one when it names none.
    /// Errors: NotFound, InvalidArgument (none named and several there).
    [[nodiscard]] Result<TargetRuntime*> resolve(std::string_view name) const;

private:
    std::vector<std::unique_ptr<TargetRuntime>> targets_;
};

}  // namespace helix::usecases
