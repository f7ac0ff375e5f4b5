#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "service/ports/manifest_judge.hpp"

namespace helix::reconcile {

/// Lets conftest judge manifests one after the other on a thread of its own: it takes a second, and the court has
/// other cases.
///
/// Thread safety: any method from any thread; start and stop from one.
class CheckQueue {
public:
    using Check = std::shared_ptr<const trial::ManifestCheck>;

    /// @param done  called after each check, on the queue's thread
    CheckQueue(ports::ManifestJudge& judge, std::function<void()> done) : judge_(judge), done_(std::move(done)) {}
    ~CheckQueue() { stop(); }
    CheckQueue(const CheckQueue&) = delete;
    CheckQueue& operator=(const CheckQueue&) = delete;

    void start();
    /// A check under way is finished first; those that wait are dropped.
    void stop();

    /// Asks for a check under `key`; nothing happens when one is asked for or lies ready.
    void ask(const std::string& key, const std::string& manifest, std::int64_t generation, trial::Layer layer);
    /// The check asked for under `key`, once it is there; it is forgotten by this.
    Check take(const std::string& key);

private:
    struct Job {
        std::string key;
        std::string manifest;
        std::int64_t generation = 0;
        trial::Layer layer = trial::Layer::L0;
    };
    void run();

    ports::ManifestJudge& judge_;
    const std::function<void()> done_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::set<std::string> asked_;
    std::map<std::string, Check> ready_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace helix::reconcile
