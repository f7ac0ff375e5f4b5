#include "adapters/ssh/tunnel.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::ssh {
namespace {

constexpr std::size_t kPiece = 32U << 10U;

}  // namespace

Tunnel::Tunnel(ssh_session session, int fd, std::string remote_path, std::chrono::steady_clock::time_point open_by)
    : fd_(fd), remote_path_(std::move(remote_path)), open_by_(open_by), channel_(ssh_channel_new(session)) {
    if (!channel_) state_ = State::Ended;
}

Tunnel::~Tunnel() {
    ::close(fd_);
}

bool Tunnel::step(std::chrono::steady_clock::time_point now) {
    if (state_ == State::Opening) open();
    if (state_ == State::Opening && now >= open_by_) state_ = State::Ended;
    if (state_ == State::Open) {
        give_to_local();  // first: what came stays with libssh, unseen by poll, while there is no room
        take_from_host();
        take_from_local();
        give_to_host();
    }
    // Nobody reads half of a connection to an API: when one side is done, so is the other.
    if (state_ == State::Open && ((host_ended_ && to_local_.empty()) || (local_ended_ && to_host_.empty())))
        state_ = State::Ended;
    return state_ != State::Ended;
}

short Tunnel::wanted() const {
    const bool reads =
        state_ == State::Open && to_host_.empty() && !local_ended_ && ssh_channel_window_size(channel_.get()) > 0;
    return static_cast<short>((reads ? POLLIN : 0) | (to_local_.empty() ? 0 : POLLOUT));
}

void Tunnel::open() {
    const int rc = ssh_channel_open_forward_unix(channel_.get(), remote_path_.c_str(), "localhost", 0);
    if (rc == SSH_AGAIN) return;
    state_ = rc == SSH_OK ? State::Open : State::Ended;
}

void Tunnel::take_from_host() {
    std::array<char, kPiece> piece;
    while (to_local_.empty() && !host_ended_) {
        const int got = ssh_channel_read_nonblocking(channel_.get(), piece.data(), piece.size(), 0);
        if (got > 0) {
            to_local_.assign(piece.data(), static_cast<std::size_t>(got));
            give_to_local();
            continue;
        }
        host_ended_ = got < 0 || ssh_channel_is_eof(channel_.get()) != 0 || ssh_channel_is_closed(channel_.get()) != 0;
        return;
    }
}

void Tunnel::give_to_local() {
    while (!to_local_.empty()) {
        const ssize_t sent = ::send(fd_, to_local_.data(), to_local_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            if (errno != EAGAIN) state_ = State::Ended;
            return;
        }
        to_local_.erase(0, static_cast<std::size_t>(sent));
    }
}

void Tunnel::take_from_local() {
    std::array<char, kPiece> piece;
    while (to_host_.empty() && !local_ended_ && ssh_channel_window_size(channel_.get()) > 0) {
        const ssize_t got = ::recv(fd_, piece.data(), piece.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            local_ended_ = true;
            return;
        }
        to_host_.assign(piece.data(), static_cast<std::size_t>(got));
        give_to_host();
    }
}

void Tunnel::give_to_host() {
    while (!to_host_.empty() && ssh_channel_window_size(channel_.get()) > 0) {
        const int sent =
            ssh_channel_write(channel_.get(), to_host_.data(), static_cast<std::uint32_t>(to_host_.size()));
        if (sent == SSH_AGAIN || sent == 0) return;
        if (sent < 0) {
            state_ = State::Ended;
            return;
        }
        to_host_.erase(0, static_cast<std::size_t>(sent));
    }
}

}  // namespace helix::ssh
