#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>

#include "adapters/ssh/tunnel.hpp"
#include "domain/core/result.hpp"

namespace helix::ssh {

/// What a command on the host left behind. What it says on its standard error is dropped.
struct Output {
    std::string out;
    int exit_status = -1;  ///< 127: the host has no such program
};

/// A shell on the host that runs one command after the other, in one session channel: a login shell for each command
/// would cost the host more than the command does.
///
/// Lives on the link's thread. `done` of each command is called once.
class Shell {
public:
    using Clock = std::chrono::steady_clock;
    using Done = std::function<void(Result<Output>)>;

    /// @param bytes_max  of one command's output
    Shell(ssh_session session, std::size_t bytes_max);

    /// Asks for `line` to be run after what was asked before.
    void ask(std::string line, Clock::time_point deadline, Done done);

    /// Goes as far as it can without waiting; false: it has ended, as it does with a command that says too much or not
    /// in its time, and everybody who waited was told.
    bool step(Clock::time_point now);

    /// Ends it: the connection is gone.
    void give_up(const std::string& why);

    /// When it has to be looked at again at the latest.
    [[nodiscard]] Clock::time_point deadline() const;

private:
    enum class State { Opening, Asking, Open, Ended };
    struct Command {
        std::string line;
        Clock::time_point deadline;
        Done done;
    };

    void open();
    void begin_next();
    void write();
    void read();
    void finish();
    void end(Error why);

    const ssh_session session_;
    const std::size_t bytes_max_;
    const std::string mark_;  ///< what no output holds
    ChannelHandle channel_;
    State state_ = State::Opening;
    std::deque<Command> commands_;  // the first one runs
    bool runs_ = false;
    std::string to_host_;
    std::string output_;
};

}  // namespace helix::ssh
