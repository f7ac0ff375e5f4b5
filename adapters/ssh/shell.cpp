#include "adapters/ssh/shell.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "adapters/ssh/local_listener.hpp"

namespace helix::ssh {

Shell::Shell(ssh_session session, std::size_t bytes_max)
    : session_(session), bytes_max_(bytes_max), mark_(random_name("end-")), channel_(ssh_channel_new(session)) {}

void Shell::ask(std::string line, Clock::time_point deadline, Done done) {
    commands_.push_back({std::move(line), deadline, std::move(done)});
}

void Shell::end(Error why) {
    state_ = State::Ended;
    channel_.reset();
    for (const Command& command : std::exchange(commands_, {})) {
        command.done(why);
        why = error(Code::Unavailable, "the shell on the host was given up", "it is tried again with the next tick");
    }
}

void Shell::give_up(const std::string& why) {
    end(error(Code::Unavailable, why, "it is tried again with the next tick"));
}

Shell::Clock::time_point Shell::deadline() const {
    return commands_.empty() ? Clock::time_point::max() : commands_.front().deadline;
}

void Shell::open() {
    if (state_ == State::Opening) {
        const int rc = channel_ ? ssh_channel_open_session(channel_.get()) : SSH_ERROR;
        if (rc == SSH_ERROR) give_up(std::string("no channel for a shell: ") + ssh_get_error(session_));
        if (rc == SSH_OK) state_ = State::Asking;
    }
    if (state_ == State::Asking) {
        const int rc = ssh_channel_request_exec(channel_.get(), "exec /bin/sh");
        if (rc == SSH_ERROR) give_up(std::string("the host runs no shell for us: ") + ssh_get_error(session_));
        if (rc == SSH_OK) state_ = State::Open;
    }
}

void Shell::begin_next() {
    if (runs_ || commands_.empty()) return;
    runs_ = true;
    output_.clear();
    // hash -r: a program that was put into the way since the last time is found.
    to_host_ +=
        "hash -r; { " + commands_.front().line + "; } </dev/null 2>/dev/null; printf '\\n%s %s\\n' " + mark_ + " $?\n";
}

void Shell::write() {
    while (!to_host_.empty()) {
        const int sent =
            ssh_channel_write(channel_.get(), to_host_.data(), static_cast<std::uint32_t>(to_host_.size()));
        if (sent == SSH_AGAIN || sent == 0) return;
        if (sent < 0) return give_up("the shell on the host ended");
        to_host_.erase(0, static_cast<std::size_t>(sent));
    }
}

void Shell::read() {
    std::array<char, 16U << 10U> piece;
    for (const int from_stderr : {1, 0}) {
        for (int got = 1; got > 0;) {
            got = ssh_channel_read_nonblocking(channel_.get(), piece.data(), piece.size(), from_stderr);
            if (got <= 0 || from_stderr != 0) continue;
            output_.append(piece.data(), static_cast<std::size_t>(got));
            if (output_.size() > bytes_max_)
                return end(error(Code::ResourceExhausted, "a command's output is longer than its bound"));
        }
    }
}

/// Ends the command when its last line is there.
void Shell::finish() {
    const std::string before = "\n" + mark_ + " ";
    const std::size_t at = output_.rfind(before);
    const std::size_t end_of_line = at == std::string::npos ? at : output_.find('\n', at + before.size());
    if (!runs_ || end_of_line == std::string::npos) return;
    Output output;
    const char* const status = output_.data() + at + before.size();
    std::from_chars(status, output_.data() + end_of_line, output.exit_status);
    output.out = output_.substr(0, at);
    const Done done = std::move(commands_.front().done);
    commands_.pop_front();
    runs_ = false;
    done(std::move(output));
}

bool Shell::step(Clock::time_point now) {
    if (state_ == State::Opening || state_ == State::Asking) open();
    if (state_ == State::Open) {
        begin_next();
        write();
    }
    if (state_ == State::Open) read();
    if (state_ == State::Open) {
        finish();
        begin_next();
        write();
    }
    if (state_ == State::Open && ssh_channel_is_closed(channel_.get()) != 0) give_up("the shell on the host ended");
    if (state_ != State::Ended && now >= deadline())
        end(error(Code::DeadlineExceeded, "a command gave no whole answer in its time"));
    return state_ != State::Ended;
}

}  // namespace helix::ssh
