#include "service/reconcile/court_loop.hpp"

#include <algorithm>
#include <chrono>

namespace helix::reconcile {
namespace {

/// The wall clock may jump: no wait is longer than this.
constexpr std::int64_t kLongestUs = 60'000'000;

}  // namespace

void CourtLoop::start() {
    thread_ = std::thread([this] { run(); });
}

void CourtLoop::poke() {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    wake_.notify_all();
}

void CourtLoop::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void CourtLoop::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        poked_ = false;
        lock.unlock();
        const std::int64_t next_us = sit_();
        const std::int64_t pause_us = std::clamp<std::int64_t>(next_us - clock_.now_us(), gap_ms_ * 1000, kLongestUs);
        lock.lock();
        const auto sat_at = std::chrono::steady_clock::now();
        wake_.wait_for(lock, std::chrono::microseconds(pause_us), [this] { return stopping_ || poked_; });
        wake_.wait_until(lock, sat_at + std::chrono::milliseconds(gap_ms_), [this] { return stopping_; });
    }
}

}  // namespace helix::reconcile
