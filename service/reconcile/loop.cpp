#include "service/reconcile/loop.hpp"

#include <chrono>

namespace helix::reconcile {

void Loop::start() {
    thread_ = std::thread([this] { run(); });
}

void Loop::poke() {
    const std::lock_guard lock(mutex_);
    if (changed_) return;
    changed_ = true;
    wake_.notify_all();
}

void Loop::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void Loop::run() {
    using Clock = std::chrono::steady_clock;
    auto next_tick = Clock::now();
    auto not_before = Clock::now();
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto now = Clock::now();
        if (now >= next_tick) {
            next_tick = now + std::chrono::milliseconds(tick_ms_);
            lock.unlock();
            work_.on_tick();
            lock.lock();
        } else if (changed_ && now >= not_before) {
            changed_ = false;
            not_before = now + std::chrono::milliseconds(gap_ms_);
            lock.unlock();
            work_.on_change();
            lock.lock();
        } else if (changed_) {
            wake_.wait_until(lock, std::min(next_tick, not_before), [this] { return stopping_; });
        } else {
            wake_.wait_until(lock, next_tick, [this] { return stopping_ || changed_; });
        }
    }
}

}  // namespace helix::reconcile
