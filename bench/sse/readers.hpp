#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace helix::bench {

/// Nanoseconds on the clock that both processes share.
std::int64_t now_ns();

/// What the readers saw of one event.
struct EventSeen {
    std::uint64_t deliveries = 0;
    double p50_ms = 0;
    double last_ms = 0;  ///< until the last reader had it
};

/// Subscribers in a child process of their own, so that their memory and CPU are not the server's: one epoll loop that
/// reads every stream and takes the latency from the "t=<ns>;" in an event's data.
class Readers {
public:
    /// Forks; call before this process starts threads. The child waits for connect().
    explicit Readers(std::size_t count);
    ~Readers();
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

    /// Opens every connection and asks for GET /stream; returns when all have been answered. False when some were not.
    bool connect(int port) const;
    /// Waits until every reader has had one more event.
    [[nodiscard]] EventSeen wait_for_event() const;

private:
    int to_child_ = -1;
    int from_child_ = -1;
    pid_t child_ = -1;
};

}  // namespace helix::bench
