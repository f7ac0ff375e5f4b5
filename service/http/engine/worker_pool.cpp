#include "service/http/engine/worker_pool.hpp"

namespace helix::http_engine {

WorkerPool::WorkerPool(std::size_t workers, std::size_t queue_max, Serve serve)
    : queue_max_(queue_max), serve_(std::move(serve)) {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkerPool::submit(Connection& connection) {
    {
        const std::lock_guard lock(mutex_);
        if (ending_ || queue_.size() >= queue_max_) return false;
        queue_.push_back(&connection);
    }
    work_.notify_one();
    return true;
}

void WorkerPool::join() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    threads_.clear();
}

void WorkerPool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Connection& connection = *queue_.front();
        queue_.pop_front();
        lock.unlock();
        serve_(connection);
        lock.lock();
    }
}

}  // namespace helix::http_engine
