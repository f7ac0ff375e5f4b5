#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "domain/core/result.hpp"
#include "service/http/engine/channel.hpp"
#include "service/http/engine/event_ring.hpp"
#include "service/http/engine/options.hpp"
#include "service/http/engine/stream_request.hpp"

namespace helix::http_engine {

struct HubOptions {
    std::size_t ring_events_max = 65'536;
    std::size_t ring_bytes_max = 64 * 1024 * 1024;
    /// Ids begin here. Give one greater than any of a former process (its start in microseconds since 1970, say), so
    /// that a client resuming across a restart is told of the gap instead of missing events.
    std::uint64_t first_id = 1;
    std::size_t subscribers_max = 20'000;
    Millis heartbeat{15'000};
    Millis retry{2'000};  ///< told to the client once: wait so long before reconnecting
    /// A subscriber whose socket takes nothing is cut after `stall_limit`, or already after `lag_grace` when it is more
    /// than `lag_bytes_max` behind. It loses nothing: it may resume from the ring.
    Millis stall_limit{30'000};
    std::size_t lag_bytes_max = 256 * 1024;
    Millis lag_grace{5'000};
    int send_buffer_bytes = 256 * 1024;  ///< the kernel's share per stalled subscriber; 0 leaves its own tuning
    /// The data of a `gap` event: events `from` to `to` will not be sent.
    std::function<std::string(std::uint64_t from, std::uint64_t to)> gap_data = {};
    std::string reread = "";  ///< where to re-read, in the default gap_data
};

struct HubStats {
    std::size_t subscribers = 0;
    std::uint64_t published_total = 0;
    std::uint64_t deliveries_total = 0;  ///< frames taken whole by a socket, heartbeats included
    std::uint64_t sent_bytes_total = 0;
    std::uint64_t cut_total = 0;   ///< subscribers cut because they did not read
    std::uint64_t gaps_total = 0;  ///< gap events sent
    std::size_t ring_events = 0;
    std::size_t ring_bytes = 0;
};

/// What is published. `type` is made fit by sse_type(); `data` may be any text, usually JSON on one line.
struct StreamEvent {
    std::string type;
    std::string target;
    std::string data;
};

/// Sends every event to every subscriber that wants it, from one thread, without ever waiting for one of them.
///
/// There are no queues of frames: a subscriber is a position in the ring of the latest events, so live delivery and
/// resumption by Last-Event-ID are one thing, nothing is lost or doubled between them, and a slow subscriber costs no
/// memory. One that falls out of the ring gets a `gap` event {from, to, reread} and goes on behind it.
///
/// Threads: every method from any; stop() and the destructor from one. Must outlive the servers that hand it sockets.
class StreamHub {
public:
    explicit StreamHub(HubOptions options = {});
    ~StreamHub();
    StreamHub(const StreamHub&) = delete;
    StreamHub& operator=(const StreamHub&) = delete;

    /// Starts the thread. Errors: Unavailable when the kernel refuses an epoll or an eventfd.
    Result<void> start();

    /// Gives `event` the next id, returned, and wakes the sender; never waits for a subscriber.
    std::uint64_t publish(const StreamEvent& event);
    /// The id of the latest event; first_id - 1 before any.
    [[nodiscard]] std::uint64_t newest_id() const;

    /// A subscriber's filter, its first frames and its position in the ring.
    struct Subscription {
        std::shared_ptr<const TopicFilter> filter;  ///< null = everything
        std::vector<SharedFrame> first;
        std::uint64_t next_id = 0;
    };
    /// Fixes where `request` begins: every event published after the call is part of it.
    /// Errors: ResourceExhausted at `subscribers_max`, Unavailable when stopped.
    Result<Subscription> subscribe(StreamRequest request);
    /// Takes the socket; `unsent` (the rest of the response head) goes first.
    void adopt(Channel channel, std::string unsent, Subscription subscription);

    /// Says ": bye" to everyone, closes and joins. What is published later stays in the ring, unsent.
    void stop();
    [[nodiscard]] HubStats stats() const;

private:
    struct Subscriber;

    // stream_hub.cpp
    void wake();
    [[nodiscard]] SharedFrame gap_frame(std::uint64_t from, std::uint64_t to, bool with_id);

    // stream_hub_loop.cpp: everything below belongs to the hub's thread.
    void run();
    [[nodiscard]] int wait_ms() const;
    void take_adopted();
    void deliver_new();
    void on_event(Subscriber& subscriber, std::uint32_t events);
    void pump(Subscriber& subscriber);
    void fill(Subscriber& subscriber);
    bool flush(Subscriber& subscriber);
    void beat();
    void cut_stalled();
    void sweep();
    void say_bye();

    const HubOptions options_;
    int epoll_fd_ = -1;
    int wake_fd_ = -1;
    std::thread thread_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> woken_{false};

    mutable std::mutex mutex_;  ///< guards ring_ and adopted_
    EventRing ring_;
    std::vector<std::unique_ptr<Subscriber>> adopted_;

    std::vector<std::unique_ptr<Subscriber>> subscribers_;
    std::vector<SharedEvent> batch_;  ///< the newest events, [batch_first_, live_next_)
    std::vector<SharedEvent> slice_;  ///< scratch for older ones
    std::uint64_t batch_first_ = 0;
    std::uint64_t live_next_ = 0;
    bool behind_ = false;  ///< somebody used up its turn: do not sleep
    bool gone_ = false;    ///< somebody is to be swept out
    Clock::time_point next_beat_{};
    Clock::time_point next_check_{};

    std::atomic<std::size_t> count_{0};
    std::atomic<std::uint64_t> published_{0};
    std::atomic<std::uint64_t> published_bytes_{0};
    std::atomic<std::uint64_t> deliveries_{0};
    std::atomic<std::uint64_t> sent_bytes_{0};
    std::atomic<std::uint64_t> cut_{0};
    std::atomic<std::uint64_t> gaps_{0};
};

}  // namespace helix::http_engine
