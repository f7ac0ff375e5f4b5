#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "service/ports/clock.hpp"

namespace helix::reconcile {

/// One thread that lets a court sit: when it is poked, and when the court itself asked to be woken.
///
/// Thread safety: poke from any thread, also from within a sitting; start and stop from one.
class CourtLoop {
public:
    /// @param sit     one sitting; returns the wall clock time of the next at the latest
    /// @param gap_ms  between sittings at least
    CourtLoop(std::function<std::int64_t()> sit, const ports::Clock& clock, std::int64_t gap_ms = 200)
        : sit_(std::move(sit)), clock_(clock), gap_ms_(gap_ms) {}
    ~CourtLoop() { stop(); }
    CourtLoop(const CourtLoop&) = delete;
    CourtLoop& operator=(const CourtLoop&) = delete;

    void start();
    void poke();
    /// Returns when the thread has ended; a sitting under way is finished first.
    void stop();

private:
    void run();

    const std::function<std::int64_t()> sit_;
    const ports::Clock& clock_;
    const std::int64_t gap_ms_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool poked_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace helix::reconcile
