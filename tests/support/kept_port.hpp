#pragma once

#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::test_support {

/// A port of 127.0.0.1 that the kernel gives to nobody else while this lives: its socket is bound and never listens.
/// Who sets SO_REUSEADDR can listen there, again and again. Failures throw std::runtime_error.
class KeptPort {
public:
    KeptPort() {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        const int on = 1;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 ||
            ::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
            ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
            ::close(fd_);
            throw std::runtime_error("no free port");
        }
        number_ = ntohs(here.sin_port);
    }
    ~KeptPort() { ::close(fd_); }
    KeptPort(const KeptPort&) = delete;
    KeptPort& operator=(const KeptPort&) = delete;

    [[nodiscard]] int number() const { return number_; }

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int number_ = 0;
};

}  // namespace helix::test_support
