#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace helix::kubernetes {

/// One named thread that runs tasks in order, and others when their time comes.
///
/// Thread safety: post() and post_at() from any thread; tasks must not throw.
class SyncLoop {
public:
    using Task = std::function<void()>;
    using Instant = std::chrono::steady_clock::time_point;

    /// @param after_batch  runs on the loop's thread whenever no task is due any more
    SyncLoop(const std::string& name, Task after_batch);
    ~SyncLoop();
    SyncLoop(const SyncLoop&) = delete;
    SyncLoop& operator=(const SyncLoop&) = delete;

    void post(Task task);
    void post_at(Instant when, Task task);
    /// Ends the thread after the running task; tasks posted later are dropped.
    void stop();

private:
    void run();

    const Task after_batch_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Task> due_;
    std::multimap<Instant, Task> later_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace helix::kubernetes
