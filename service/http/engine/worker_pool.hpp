#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace helix::http_engine {

struct Connection;

/// A fixed number of threads that serve dispatched connections in the order they came; the queue is bounded.
///
/// Threads: submit() from any.
class WorkerPool {
public:
    using Serve = std::function<void(Connection&)>;

    WorkerPool(std::size_t workers, std::size_t queue_max, Serve serve);
    ~WorkerPool() { join(); }
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// False when the queue is full; then the caller still owns `connection`.
    bool submit(Connection& connection);
    /// Serves what is queued, then ends the threads. Safe to call twice.
    void join();

private:
    void run();

    const std::size_t queue_max_;
    const Serve serve_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<Connection*> queue_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace helix::http_engine
