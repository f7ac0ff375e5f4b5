#include "adapters/kubernetes/sync_loop.hpp"

#include <utility>

#include <pthread.h>

namespace helix::kubernetes {

SyncLoop::SyncLoop(const std::string& name, Task after_batch)
    : after_batch_(std::move(after_batch)), thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

SyncLoop::~SyncLoop() {
    stop();
}

void SyncLoop::post(Task task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    due_.push_back(std::move(task));
    if (due_.size() == 1) wake_.notify_one();
}

void SyncLoop::post_at(Instant when, Task task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    later_.emplace(when, std::move(task));
    wake_.notify_one();
}

void SyncLoop::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void SyncLoop::run() {
    bool ran = false;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const Instant now = std::chrono::steady_clock::now();
        while (!later_.empty() && later_.begin()->first <= now) {
            due_.push_back(std::move(later_.begin()->second));
            later_.erase(later_.begin());
        }
        if (!due_.empty()) {
            const Task task = std::move(due_.front());
            due_.pop_front();
            lock.unlock();
            task();
            lock.lock();
            ran = true;
        } else if (ran) {
            ran = false;
            lock.unlock();
            after_batch_();
            lock.lock();
        } else if (later_.empty()) {
            wake_.wait(lock);
        } else {
            wake_.wait_until(lock, later_.begin()->first);
        }
    }
    due_.clear();
    later_.clear();
}

}  // namespace helix::kubernetes
