#include "service/reconcile/outbox_threads.hpp"

#include <chrono>

namespace helix::reconcile {

Result<void> OutboxThreads::start() {
    for (const auto& outbox : outboxes_)
        if (auto opened = outbox->open(); !opened) return opened;
    for (const auto& outbox : outboxes_) threads_.emplace_back([this, &outbox] { run(*outbox); });
    return {};
}

void OutboxThreads::poke() {
    const std::lock_guard lock(mutex_);
    ++pokes_;
    wake_.notify_all();
}

void OutboxThreads::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    for (const auto& outbox : outboxes_) outbox->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void OutboxThreads::run(usecases::Outbox& outbox) {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const std::uint64_t seen = pokes_;
        lock.unlock();
        const std::int64_t wait_us = outbox.turn();
        lock.lock();
        wake_.wait_for(lock, std::chrono::microseconds(wait_us), [&] { return stopping_ || pokes_ != seen; });
    }
    lock.unlock();
    outbox.finish();
}

}  // namespace helix::reconcile
