#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "service/usecases/outbox.hpp"

namespace helix::reconcile {

/// One thread for each destination of outgoing events, so that a slow receiver holds up none but itself.
///
/// Thread safety: poke from any thread; start and stop from one. The outboxes outlive it.
class OutboxThreads {
public:
    explicit OutboxThreads(const usecases::Outboxes& outboxes) : outboxes_(outboxes) {}
    ~OutboxThreads() { stop(); }
    OutboxThreads(const OutboxThreads&) = delete;
    OutboxThreads& operator=(const OutboxThreads&) = delete;

    /// Gives new destinations their place in the ledger, then starts to send.
    /// Errors: those of the stores; then nothing runs.
    Result<void> start();
    /// There may be something to send.
    void poke();
    /// Ends sends that are under way and returns when all threads have ended.
    void stop();

private:
    void run(usecases::Outbox& outbox);

    const usecases::Outboxes& outboxes_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::uint64_t pokes_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace helix::reconcile
