#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "service/http/engine/connection.hpp"
#include "service/http/engine/counters.hpp"
#include "service/http/engine/options.hpp"

namespace helix::http_engine {

/// The event loop: accepts, shakes hands, reads requests, flushes answers and parks idle connections, never blocking.
///
/// A connection leaves it through `dispatch` once its request is complete, and comes back by resume(), or for good by
/// detach(). Between, it belongs to the worker. Readiness is one-shot, so no event can reach a connection that a worker
/// owns.
///
/// Threads: one of its own; resume() and detach() from workers.
class Parker {
public:
    /// Takes a complete request; false when there is no room, then the loop answers 503.
    using Dispatch = std::function<bool(Connection&)>;

    Parker(const ServerOptions& options, Counters& counters, TlsContext* tls, Dispatch dispatch);
    ~Parker();
    Parker(const Parker&) = delete;
    Parker& operator=(const Parker&) = delete;

    /// Takes `listen_fd` and starts the thread. Errors: Unavailable when the kernel refuses an epoll or an eventfd.
    Result<void> start(int listen_fd);

    /// The worker is done: writes what is in `out`, then waits for the next request, or closes when `close` is set.
    void resume(Connection& connection, bool close);
    /// The worker keeps the socket; the connection is forgotten.
    Channel detach(Connection& connection);

    /// No accepting, no further requests; answers in the making are finished until `stop_limit`. Returns when the loop
    /// has ended; connections still in workers are dropped as they come back.
    void stop();
    [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

private:
    enum class Step { Again, WaitRead, WaitWrite, Dispatched, Drop };

    // parker.cpp: the loop and its table.
    void run();
    void accept_some();
    bool accept_one();
    void arm(Connection& connection, std::uint32_t events);
    void drop(Connection& connection);
    std::unique_ptr<Connection> take_out(Connection& connection);
    void expire(Clock::time_point now);
    void on_expired(Connection& connection);
    void close_waiting();
    void break_remaining();
    [[nodiscard]] bool empty();
    void wake() const;

    // parker_steps.cpp: what a connection does next.
    void drive(Connection& connection);
    Step step(Connection& connection);
    Step step_handshake(Connection& connection);
    Step step_head(Connection& connection);
    Step step_body(Connection& connection);
    Step step_flush(Connection& connection);
    Step step_linger(Connection& connection);
    Step begin_body(Connection& connection);
    Step begin_next(Connection& connection);
    Step hand_over(Connection& connection);
    Step receive(Connection& connection);
    Step refuse(Connection& connection, Refusal refusal);
    void set_parked(Connection& connection, bool parked);
    void account(Connection& connection);

    const ServerOptions& options_;
    Counters& counters_;
    TlsContext* tls_;
    Dispatch dispatch_;
    int listen_fd_ = -1;
    int epoll_fd_ = -1;
    int wake_fd_ = -1;
    bool listener_paused_ = false;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;  ///< guards table_, ended_ and the table's fields of connections
    std::vector<std::unique_ptr<Connection>> table_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace helix::http_engine
