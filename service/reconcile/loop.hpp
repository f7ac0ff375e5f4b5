#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace helix::reconcile {

/// One thread that calls `on_change` soon after `poke`, at most once per `gap_ms`, and `on_tick` every `tick_ms`.
///
/// Thread safety: poke from any thread, also from within the calls; start and stop from one.
class Loop {
public:
    struct Work {
        std::function<void()> on_change;
        std::function<void()> on_tick;
    };
    Loop(Work work, std::int64_t gap_ms, std::int64_t tick_ms)
        : work_(std::move(work)), gap_ms_(gap_ms), tick_ms_(tick_ms) {}
    ~Loop() { stop(); }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void start();
    void poke();
    /// Returns when the thread has ended; a call under way is finished first.
    void stop();

private:
    void run();

    const Work work_;
    const std::int64_t gap_ms_;
    const std::int64_t tick_ms_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool changed_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace helix::reconcile
