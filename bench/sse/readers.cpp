#include "bench/sse/readers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/sse/process_figures.hpp"

namespace helix::bench {
namespace {

constexpr int kPatienceMs = 60'000;

int open_stream(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void* raw = &address;
    constexpr std::string_view kAsk = "GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n";
    if (fd < 0 || ::connect(fd, static_cast<sockaddr*>(raw), sizeof address) != 0 ||
        ::send(fd, kAsk.data(), kAsk.size(), MSG_NOSIGNAL) < 0)
        return -1;
    return fd;
}

/// Reads until `count` different moments, each marked by `mark` in what arrives, have come; gives their latencies.
std::vector<double> collect(int epoll, std::size_t count, std::string_view mark, bool timed) {
    std::vector<double> latencies;
    latencies.reserve(count);
    std::array<epoll_event, 512> events{};
    std::array<char, 8192> buffer{};
    while (latencies.size() < count) {
        const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), kPatienceMs);
        if (ready <= 0) break;
        for (int i = 0; i < ready; ++i) {
            const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
            const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got <= 0) continue;
            const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
            const auto at = text.find(mark);
            if (at == std::string_view::npos) continue;
            std::int64_t sent = 0;
            if (timed) std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), sent);
            latencies.push_back(timed ? static_cast<double>(now_ns() - sent) / 1e6 : 0);
        }
    }
    return latencies;
}

[[noreturn]] void read_streams(int commands, int answers, std::size_t count) {
    allow_open_files(count + 100);
    int port = 0;
    if (::read(commands, &port, sizeof port) != sizeof port) ::_exit(0);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::size_t opened = 0;
    for (; opened < count; ++opened) {
        const int fd = open_stream(port);
        if (fd < 0) break;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    EventSeen seen;
    seen.deliveries = opened == count ? collect(epoll, count, "retry:", false).size() : 0;
    while (::write(answers, &seen, sizeof seen) == sizeof seen) {
        auto latencies = collect(epoll, count, "t=", true);
        std::sort(latencies.begin(), latencies.end());
        seen = {latencies.size(), quantile(latencies, 0.5), latencies.empty() ? 0 : latencies.back()};
    }
    ::_exit(0);
}

}  // namespace

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Readers::Readers(std::size_t count) {
    std::array<int, 2> down{};
    std::array<int, 2> up{};
    if (::pipe(down.data()) != 0 || ::pipe(up.data()) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("no child process");
    if (child_ == 0) {
        ::close(down[1]);
        ::close(up[0]);
        read_streams(down[0], up[1], count);
    }
    ::close(down[0]);
    ::close(up[1]);
    to_child_ = down[1];
    from_child_ = up[0];
}

Readers::~Readers() {
    ::close(to_child_);
    ::close(from_child_);
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
}

bool Readers::connect(int port) const {
    if (::write(to_child_, &port, sizeof port) != sizeof port) return false;
    return wait_for_event().deliveries > 0;
}

EventSeen Readers::wait_for_event() const {
    EventSeen seen;
    if (::read(from_child_, &seen, sizeof seen) != sizeof seen) return {};
    return seen;
}

}  // namespace helix::bench
