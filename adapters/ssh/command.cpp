#include "adapters/ssh/command.hpp"

#include <array>
#include <utility>

namespace helix::ssh {

Command::Command(ssh_session session, std::string line, Clock::time_point deadline, std::size_t bytes_max, Done done)
    : line_(std::move(line)),
      deadline_(deadline),
      bytes_max_(bytes_max),
      done_(std::move(done)),
      session_(session),
      channel_(ssh_channel_new(session)) {}

void Command::finish(Result<Output> result) {
    if (state_ == State::Ended) return;
    state_ = State::Ended;
    channel_.reset();
    done_(std::move(result));
}

void Command::give_up(const std::string& why) {
    finish(error(Code::Unavailable, why, "it is tried again with the next tick"));
}

/// False: over its bound.
bool Command::read(bool from_stderr, std::string& into) {
    std::array<char, 16U << 10U> piece;
    while (true) {
        const int got = ssh_channel_read_nonblocking(channel_.get(), piece.data(), piece.size(), from_stderr ? 1 : 0);
        if (got <= 0) return true;
        if (output_.out.size() + output_.err.size() + static_cast<std::size_t>(got) > bytes_max_) return false;
        into.append(piece.data(), static_cast<std::size_t>(got));
    }
}

bool Command::step(Clock::time_point now) {
    if (state_ == State::Opening) {
        const int rc = channel_ ? ssh_channel_open_session(channel_.get()) : SSH_ERROR;
        if (rc == SSH_ERROR) give_up(std::string("no channel for a command: ") + ssh_get_error(session_));
        if (rc == SSH_OK) state_ = State::Asking;
    }
    if (state_ == State::Asking) {
        const int rc = ssh_channel_request_exec(channel_.get(), line_.c_str());
        if (rc == SSH_ERROR) give_up(std::string("the host runs no command for us: ") + ssh_get_error(session_));
        if (rc == SSH_OK) state_ = State::Reading;
    }
    if (state_ == State::Reading) {
        if (!read(false, output_.out) || !read(true, output_.err)) {
            finish(error(Code::ResourceExhausted, "a command's output is longer than its bound"));
        } else if (ssh_channel_is_closed(channel_.get()) != 0) {
            output_.exit_status = ssh_channel_get_exit_status(channel_.get());
            finish(std::move(output_));
        }
    }
    if (state_ != State::Ended && now >= deadline_)
        finish(error(Code::DeadlineExceeded, "a command gave no whole answer in its time"));
    return state_ != State::Ended;
}

}  // namespace helix::ssh
