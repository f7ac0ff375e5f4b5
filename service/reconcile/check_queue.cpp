#include "service/reconcile/check_queue.hpp"

#include <utility>

namespace helix::reconcile {

void CheckQueue::start() {
    thread_ = std::thread([this] { run(); });
}

void CheckQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void CheckQueue::ask(const std::string& key, const std::string& manifest, std::int64_t generation, trial::Layer layer) {
    const std::lock_guard lock(mutex_);
    if (!asked_.insert(key).second) return;
    jobs_.push_back({key, manifest, generation, layer});
    wake_.notify_all();
}

CheckQueue::Check CheckQueue::take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = ready_.find(key);
    if (found == ready_.end()) return nullptr;
    Check check = std::move(found->second);
    ready_.erase(found);
    asked_.erase(key);
    return check;
}

void CheckQueue::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        auto judged = judge_.judge(job.manifest, job.generation, job.layer);
        auto check = std::make_shared<trial::ManifestCheck>();
        if (judged) {
            *check = *std::move(judged);
        } else {
            check->generation = job.generation;
            check->problem = judged.error().message;
        }
        lock.lock();
        ready_[job.key] = std::move(check);
        lock.unlock();
        done_();
        lock.lock();
    }
}

}  // namespace helix::reconcile
