#include "service/http/engine/channel.hpp"

#include <cerrno>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::http_engine {
namespace {

IoResult from_errno(Io when_blocked) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {when_blocked, 0};
    return {Io::Closed, 0};
}

}  // namespace

Channel::Channel(int fd, SSL* ssl, std::shared_ptr<std::atomic<std::size_t>> open_count)
    : fd_(fd), ssl_(ssl), open_count_(std::move(open_count)) {}

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      open_count_(std::move(other.open_count_)) {}

Channel& Channel::operator=(Channel&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        ssl_ = std::exchange(other.ssl_, nullptr);
        open_count_ = std::move(other.open_count_);
    }
    return *this;
}

Channel::~Channel() {
    close();
}

bool Channel::has_pending() const {
    return ssl_ != nullptr && SSL_has_pending(ssl_) == 1;
}

IoResult Channel::from_ssl(int rc) const {
    switch (SSL_get_error(ssl_, rc)) {
        case SSL_ERROR_WANT_READ:
            return {Io::WantRead, 0};
        case SSL_ERROR_WANT_WRITE:
            return {Io::WantWrite, 0};
        default:
            return {Io::Closed, 0};
    }
}

IoResult Channel::handshake() {
    ERR_clear_error();
    const int rc = SSL_accept(ssl_);
    if (rc == 1) return {Io::Done, 0};
    return from_ssl(rc);
}

IoResult Channel::read_some(std::span<char> into) {
    if (ssl_ != nullptr) {
        ERR_clear_error();
        std::size_t got = 0;
        const int rc = SSL_read_ex(ssl_, into.data(), into.size(), &got);
        return rc == 1 ? IoResult{Io::Done, got} : from_ssl(rc);
    }
    ssize_t got = 0;
    do got = ::recv(fd_, into.data(), into.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) return {Io::Done, static_cast<std::size_t>(got)};
    if (got == 0) return {Io::Closed, 0};
    return from_errno(Io::WantRead);
}

IoResult Channel::write_some(std::string_view bytes) {
    if (bytes.empty()) return {Io::Done, 0};
    if (ssl_ != nullptr) {
        ERR_clear_error();
        std::size_t put = 0;
        const int rc = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &put);
        return rc == 1 ? IoResult{Io::Done, put} : from_ssl(rc);
    }
    ssize_t put = 0;
    do put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put >= 0) return {Io::Done, static_cast<std::size_t>(put)};
    return from_errno(Io::WantWrite);
}

IoResult Channel::write_pieces(std::span<const iovec> pieces) {
    if (ssl_ == nullptr) {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads it
        message.msg_iovlen = pieces.size();
        ssize_t put = 0;
        do put = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
        while (put < 0 && errno == EINTR);
        if (put >= 0) return {Io::Done, static_cast<std::size_t>(put)};
        return from_errno(Io::WantWrite);
    }
    std::size_t total = 0;
    for (const iovec& piece : pieces) {
        std::string_view rest(static_cast<const char*>(piece.iov_base), piece.iov_len);
        while (!rest.empty()) {
            const IoResult wrote = write_some(rest);
            if (wrote.state != Io::Done) return {wrote.state, total};
            total += wrote.bytes;
            rest.remove_prefix(wrote.bytes);
        }
    }
    return {Io::Done, total};
}

void Channel::shutdown_write() {
    if (ssl_ != nullptr && SSL_is_init_finished(ssl_) == 1) {
        ERR_clear_error();
        SSL_shutdown(ssl_);
    }
    ::shutdown(fd_, SHUT_WR);
}

void Channel::close() {
    if (fd_ < 0) return;
    SSL_free(ssl_);  // a null pointer is fine
    ssl_ = nullptr;
    ::close(fd_);
    fd_ = -1;
    if (open_count_) open_count_->fetch_sub(1, std::memory_order_relaxed);
    open_count_.reset();
}

}  // namespace helix::http_engine
