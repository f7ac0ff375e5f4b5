#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace helix::postgres {

/// Ends the waiting for a server that is silent. The library waits without bound once it has sent a statement, and a
/// server that was stopped, or sits behind a dead link, keeps neither our timeouts nor its own: when the time is up
/// the socket is shut down, which the waiting thread sees as a broken connection.
///
/// Thread safety: any method from any thread.
class Watchdog {
public:
    using Clock = std::chrono::steady_clock;
    using Watched = std::multimap<Clock::time_point, int>;  ///< a socket that was shut down is -1

    Watchdog();
    ~Watchdog() = default;
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// Watches a socket while it lives; the socket outlives it.
    class Guard {
    public:
        Guard(Watchdog& dog, int socket, std::chrono::milliseconds patience);
        ~Guard();
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

    private:
        Watchdog& dog_;
        Watched::iterator place_;
    };

private:
    Watched::iterator first();
    void watch(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    Watched watched_;
    Clock::time_point sleeps_until_ = Clock::time_point::max();  ///< the thread's; who comes earlier wakes it
    std::jthread thread_;
};

}  // namespace helix::postgres
