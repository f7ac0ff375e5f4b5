#include "service/http/engine/listener.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::http_engine {
namespace {

int port_of(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    void* raw = &address;
    std::array<char, NI_MAXSERV> service{};
    int port = 0;
    if (::getsockname(fd, static_cast<sockaddr*>(raw), &length) == 0 &&
        ::getnameinfo(static_cast<sockaddr*>(raw), length, nullptr, 0, service.data(), service.size(),
                      NI_NUMERICSERV) == 0)
        std::from_chars(service.data(), service.data() + std::string_view(service.data()).size(), port);
    return port;
}

}  // namespace

Result<Listener> listen_on(const std::string& host, int port, int backlog) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); rc != 0)
        return error(Code::InvalidArgument, "cannot resolve the listen address '" + host + "': " + ::gai_strerror(rc));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);

    std::string why = "no address";
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0) {
            why = std::strerror(errno);
            continue;
        }
        const int on = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (::bind(fd, a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return Listener{fd, port_of(fd)};
        why = std::strerror(errno);
        ::close(fd);
    }
    return error(Code::Unavailable, "cannot listen on " + host + ":" + std::to_string(port) + ": " + why,
                 "choose a free port and an address of this host");
}

}  // namespace helix::http_engine
