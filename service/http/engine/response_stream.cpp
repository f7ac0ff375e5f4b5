#include "service/http/engine/response_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace helix::http_engine {
namespace {

constexpr std::size_t kSendAt = 256 * 1024;  ///< collect so much before the first send

}  // namespace

ResponseStream::ResponseStream(Connection& connection, const ServerOptions& options)
    : connection_(connection), options_(options), head_(std::move(connection.head.canonical)) {
    // The body is complete, so one length frames it for httplib however it came.
    head_ += "Content-Length: " + std::to_string(connection.body.size()) + "\r\n\r\n";
    connection_.write_limit = Clock::time_point::max();
}

ssize_t ResponseStream::read(char* into, size_t size) {
    std::string_view from = head_;
    std::size_t offset = read_;
    if (offset >= head_.size()) {
        offset -= head_.size();
        from = connection_.body;
    }
    const std::size_t count = std::min(size, from.size() - offset);
    std::copy_n(from.data() + offset, count, into);
    read_ += count;
    return static_cast<ssize_t>(count);
}

ssize_t ResponseStream::write(const char* bytes, size_t size) {
    if (broken_) return -1;
    constexpr std::size_t kStatusAt = sizeof("HTTP/1.1 ") - 1;
    if (status_ == 0 && size >= kStatusAt + 3) std::from_chars(bytes + kStatusAt, bytes + kStatusAt + 3, status_);
    connection_.out.append(bytes, size);
    if (connection_.out.size() - connection_.out_sent >= kSendAt) drain();
    return broken_ ? -1 : static_cast<ssize_t>(size);
}

void ResponseStream::drain() {
    Connection& c = connection_;
    if (c.write_limit == Clock::time_point::max()) c.write_limit = Clock::now() + options_.write_total_limit;
    auto stall_limit = Clock::now() + options_.write_stall_limit;
    while (c.out_sent < c.out.size()) {
        const IoResult wrote = c.channel.write_some(std::string_view(c.out).substr(c.out_sent));
        if (wrote.state == Io::Closed) {
            broken_ = true;
            return;
        }
        if (wrote.state == Io::Done) {
            c.out_sent += wrote.bytes;
            stall_limit = Clock::now() + options_.write_stall_limit;
            continue;
        }
        if (c.out.size() - c.out_sent <= options_.response_bytes_max) break;
        const auto left = std::min(stall_limit, c.write_limit) - Clock::now();
        if (left <= Clock::duration::zero()) {
            broken_ = stalled_ = true;
            return;
        }
        pollfd ready{c.channel.fd(), static_cast<short>(wrote.state == Io::WantRead ? POLLIN : POLLOUT), 0};
        ::poll(&ready, 1, static_cast<int>(std::chrono::ceil<Millis>(left).count()));
    }
    c.out.erase(0, c.out_sent);
    c.out_sent = 0;
}

void ResponseStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip = connection_.remote_address;
    port = connection_.remote_port;
}

void ResponseStream::get_local_ip_and_port(std::string& ip, int& port) const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    void* raw = &address;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    if (::getsockname(connection_.channel.fd(), static_cast<sockaddr*>(raw), &length) != 0 ||
        ::getnameinfo(static_cast<sockaddr*>(raw), length, host.data(), host.size(), service.data(), service.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    ip = host.data();
    std::from_chars(service.data(), service.data() + std::string_view(service.data()).size(), port);
}

}  // namespace helix::http_engine
