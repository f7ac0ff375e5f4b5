#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "domain/cluster/pod_shape.hpp"

namespace helix::simulated {

using cluster::Micros;

inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;

/// Virtual time: it stands still until somebody advances it, and then runs everything that falls due, in order.
///
/// Thread safety: any method from any thread, but only one thread advances at a time. Calls run on the advancing
/// thread, without any lock of the clock, and may themselves read, schedule, cancel and advance.
class SimClock {
public:
    using Id = std::uint64_t;

    /// The default start is 2027-01-01T00:00:00Z: a time like any other, and never 0.
    explicit SimClock(Micros start = 1'798'761'600 * kSecond) : now_(start) {}
    SimClock(const SimClock&) = delete;
    SimClock& operator=(const SimClock&) = delete;

    [[nodiscard]] Micros now() const { return now_.load(); }

    /// Runs `call` once, when time reaches `when` (at the next advance if that has passed). Calls due at one moment
    /// run in the order in which they were scheduled.
    Id call_at(Micros when, std::function<void()> call);
    void cancel(Id id);

    /// Time of the next call; none scheduled: the far end of time.
    [[nodiscard]] Micros next_due() const;

    void advance(Micros by) { advance_to(now() + by); }
    /// Time never goes back: an earlier `when` runs only what is due already.
    void advance_to(Micros when);

private:
    mutable std::mutex mutex_;
    std::atomic<Micros> now_;
    Id next_id_ = 1;
    std::map<std::pair<Micros, Id>, std::function<void()>> calls_;
};

}  // namespace helix::simulated
