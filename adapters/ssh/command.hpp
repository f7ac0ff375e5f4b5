#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "adapters/ssh/tunnel.hpp"
#include "domain/core/result.hpp"

namespace helix::ssh {

/// What a command on the host left behind.
struct Output {
    std::string out;
    std::string err;
    int exit_status = -1;  ///< 127: the host has no such program; -1: it ended without one
};

/// One command on the host, in a session channel of its own.
///
/// Lives on the link's thread. Ends by calling `done` once.
class Command {
public:
    using Clock = std::chrono::steady_clock;
    using Done = std::function<void(Result<Output>)>;

    /// More than `bytes_max` of output, or nothing whole by `deadline`, ends it with an error.
    Command(ssh_session session, std::string line, Clock::time_point deadline, std::size_t bytes_max, Done done);

    /// Goes as far as it can without waiting; false: it has ended and `done` was called.
    bool step(Clock::time_point now);

    /// Ends it: the connection is gone.
    void give_up(const std::string& why);

    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

private:
    enum class State { Opening, Asking, Reading, Ended };

    void finish(Result<Output> result);
    [[nodiscard]] bool read(bool from_stderr, std::string& into);

    const std::string line_;
    const Clock::time_point deadline_;
    const std::size_t bytes_max_;
    const Done done_;
    const ssh_session session_;
    ChannelHandle channel_;
    State state_ = State::Opening;
    Output output_;
};

}  // namespace helix::ssh
