#include "adapters/ssh/local_listener.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <random>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace helix::ssh {
namespace {

constexpr int kWaiting = 64;
constexpr std::size_t kNameMost = 100;

int listen_on(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t size = std::min(name.size(), kNameMost);
    name.copy(address.sun_path + 1, size);  // the leading NUL makes it abstract
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(fd, kWaiting) == 0) return fd;
    ::close(fd);
    return -1;
}

bool is_ours(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == ::getpid();
}

}  // namespace

LocalListener::LocalListener(const std::string& name) : fd_(listen_on(name)) {}

LocalListener::~LocalListener() {
    if (fd_ >= 0) ::close(fd_);
}

int LocalListener::accept() const {
    while (fd_ >= 0) {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0 && is_ours(fd)) return fd;
        if (fd >= 0) ::close(fd);
        if (fd < 0 && errno != EINTR && errno != ECONNABORTED) return -1;
    }
    return -1;
}

std::string random_name(std::string beginning) {
    constexpr const char* kHex = "0123456789abcdef";
    std::random_device random;
    for (int i = 0; i < 32; ++i) beginning += kHex[random() % 16];
    return beginning;
}

}  // namespace helix::ssh
