#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/ssh/session.hpp"
#include "adapters/ssh/shell.hpp"

namespace helix::ssh {

struct LinkOptions {
    Address address;
    std::string remote_socket;                          ///< a Unix socket on the host, to which local_socket() leads
    std::chrono::milliseconds connect_timeout{10'000};  ///< TCP, key exchange and login together
    std::chrono::milliseconds keepalive_every{15'000};  ///< of silence
    std::chrono::milliseconds dead_after{45'000};       ///< of silence: the connection is given up
    std::chrono::milliseconds backoff_first{500};
    std::chrono::milliseconds backoff_most{30'000};
    std::size_t output_bytes_max = 1U << 20U;  ///< of one command
};

struct LinkStatus {
    bool connected = false;
    std::uint64_t opened_total = 0;  ///< connections that came to stand
    std::uint64_t commands_total = 0;
    std::uint64_t tunnels_total = 0;
    std::string problem;  ///< why it is not connected; empty when it is
    std::optional<HostKeyRefusal> refusal;
};

/// One SSH connection to one host that is kept up for ever: many channels, keep-alives, reconnection with back-off.
///
/// A thread of its own does everything on the connection; a host that hangs keeps nobody else waiting.
/// Thread safety: any method from any thread.
class Link {
public:
    explicit Link(LinkOptions options);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// The name of an abstract Unix socket that leads to the remote one. Without a connection to the host nobody
    /// listens there; what the host refuses shows as an end of file.
    [[nodiscard]] const std::string& local_socket() const;

    /// Runs `line` by a shell there, after what was asked before, which is why it must be a constant of ours: nothing
    /// that came from outside belongs in it. Errors: Unavailable, DeadlineExceeded, ResourceExhausted.
    Result<Output> run(const std::string& line, std::chrono::milliseconds timeout);

    [[nodiscard]] LinkStatus status() const;

    /// Ends the connection and everything on it; whoever waits gets Unavailable. There will be no other.
    void stop();

private:
    class Worker;
    std::unique_ptr<Worker> worker_;
};

}  // namespace helix::ssh
