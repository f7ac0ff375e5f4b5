#include "service/http/engine/parker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::http_engine {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int kAcceptsPerWait = 16;  ///< then it is the turn of those that are here, and who hung up is let go

/// How often deadlines are looked at: fine enough for the shortest of them, never more than once a second.
Millis tick_of(const ServerOptions& o) {
    const Millis shortest =
        std::min({o.handshake_limit, o.head_limit, o.body_limit, o.idle_limit, o.write_stall_limit, o.linger_limit});
    return std::clamp(shortest / 8, Millis{5}, Millis{1000});
}

void remember_peer(const sockaddr* address, socklen_t length, Connection& connection) {
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    if (::getnameinfo(address, length, host.data(), host.size(), service.data(), service.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    connection.remote_address = host.data();
    std::from_chars(service.data(), service.data() + std::string_view(service.data()).size(), connection.remote_port);
}

}  // namespace

Parker::Parker(const ServerOptions& options, Counters& counters, TlsContext* tls, Dispatch dispatch)
    : options_(options), counters_(counters), tls_(tls), dispatch_(std::move(dispatch)) {}

Parker::~Parker() {
    stop();
    for (const int fd : {listen_fd_, epoll_fd_, wake_fd_}) {
        if (fd >= 0) ::close(fd);
    }
}

Result<void> Parker::start(int listen_fd) {
    listen_fd_ = listen_fd;
    epoll_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event on_listen{EPOLLIN, {&listen_fd_}};
    epoll_event on_wake{EPOLLIN, {&wake_fd_}};
    if (epoll_fd_ < 0 || wake_fd_ < 0 || ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listen_fd_, &on_listen) != 0 ||
        ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &on_wake) != 0)
        return error(Code::Unavailable, "the kernel refused an epoll or an eventfd", "raise the limit of open files");
    thread_ = std::thread([this] { run(); });
    return {};
}

void Parker::run() {
    const Millis tick = tick_of(options_);
    auto next_tick = Clock::now() + tick;
    auto stop_by = Clock::time_point::max();
    std::array<epoll_event, kEventsPerWait> events{};
    for (;;) {
        const int wait_ms = empty() && !listener_paused_ && !stopping() ? -1 : static_cast<int>(tick.count());
        const int count = ::epoll_wait(epoll_fd_, events.data(), kEventsPerWait, wait_ms);
        {
            // From here on these belong to this pass; the one-shot readiness has been used up.
            const std::lock_guard lock(mutex_);
            for (int i = 0; i < count; ++i) {
                void* const what = events.at(static_cast<std::size_t>(i)).data.ptr;
                if (what != &listen_fd_ && what != &wake_fd_) static_cast<Connection*>(what)->armed = false;
            }
        }
        bool others_wait = false;
        for (int i = 0; i < count; ++i) {
            void* const what = events.at(static_cast<std::size_t>(i)).data.ptr;
            if (what == &listen_fd_) {
                others_wait = true;
            } else if (what == &wake_fd_) {
                std::uint64_t rings = 0;
                [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &rings, sizeof rings);
            } else {
                drive(*static_cast<Connection*>(what));
            }
        }
        if (others_wait) accept_some();  // last: who is already here comes first, and who hung up makes room
        const auto now = Clock::now();
        if (stopping()) {
            if (stop_by == Clock::time_point::max()) {
                stop_by = now + options_.stop_limit;
                ::close(listen_fd_);
                listen_fd_ = -1;
            }
            close_waiting();
            if (empty() || now >= stop_by) break;
        }
        if (now >= next_tick) {
            expire(now);
            next_tick = now + tick;
            if (listener_paused_ && listen_fd_ >= 0) {
                epoll_event on_listen{EPOLLIN, {&listen_fd_}};
                listener_paused_ = ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, listen_fd_, &on_listen) != 0;
            }
        }
    }
    break_remaining();
}

void Parker::accept_some() {
    for (int i = 0; i < kAcceptsPerWait && !stopping(); ++i) {
        if (!accept_one()) return;
    }
}

bool Parker::accept_one() {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    void* const raw = &address;
    const int fd = ::accept4(listen_fd_, static_cast<sockaddr*>(raw), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // Nothing can be accepted now and the listener stays readable: look again at the next tick.
            epoll_event silent{0, {&listen_fd_}};
            ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, listen_fd_, &silent);
            listener_paused_ = true;
        }
        return errno == ECONNABORTED || errno == EINTR;
    }
    counters_.accepted.fetch_add(1, std::memory_order_relaxed);
    if (counters_.open->load(std::memory_order_relaxed) >= options_.connections_max) {
        counters_.count_refusal(Refusal::TooManyConnections);
        if (tls_ == nullptr) {
            const std::string answer = refusal_response(Refusal::TooManyConnections);
            ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            ::shutdown(fd, SHUT_WR);
            std::array<char, 4096> unread{};  // what is unread at close() would turn our answer into a reset
            ::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT);
        }
        ::close(fd);
        return true;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL* ssl = tls_ == nullptr ? nullptr : tls_->new_session(fd);
    counters_.open->fetch_add(1, std::memory_order_relaxed);
    auto made = std::make_unique<Connection>(Channel(fd, ssl, counters_.open));
    if (tls_ != nullptr && ssl == nullptr) return true;  // out of memory: `made` closes it
    Connection& connection = *made;
    connection.phase = tls_ == nullptr ? Phase::Head : Phase::Handshake;
    connection.scanner = HeadScanner(options_.head);
    connection.deadline = Clock::now() + (tls_ == nullptr ? options_.idle_limit : options_.handshake_limit);
    remember_peer(static_cast<sockaddr*>(raw), length, connection);
    {
        const std::lock_guard lock(mutex_);
        connection.index = table_.size();
        table_.push_back(std::move(made));
    }
    drive(connection);
    return true;
}

void Parker::arm(Connection& connection, std::uint32_t events) {
    std::unique_lock lock(mutex_);
    const bool waits_for_request = connection.phase != Phase::Flush;
    if (ended_ || (stopping() && waits_for_request)) {
        lock.unlock();
        return drop(connection);
    }
    epoll_event event{events | EPOLLONESHOT | EPOLLRDHUP, {&connection}};
    // With RDHUP asked for, a half-closed peer whose answer is being written would be reported over and over.
    if ((events & EPOLLOUT) != 0) event.events &= ~static_cast<std::uint32_t>(EPOLLRDHUP);
    connection.armed = true;
    const int operation = connection.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    connection.registered = true;
    if (::epoll_ctl(epoll_fd_, operation, connection.channel.fd(), &event) == 0) return;
    connection.armed = false;
    lock.unlock();
    drop(connection);
}

std::unique_ptr<Connection> Parker::take_out(Connection& connection) {
    set_parked(connection, false);
    counters_.buffered_bytes.fetch_sub(connection.accounted, std::memory_order_relaxed);
    connection.accounted = 0;
    const std::lock_guard lock(mutex_);
    const std::size_t index = connection.index;
    std::unique_ptr<Connection> taken = std::move(table_[index]);
    if (index + 1 != table_.size()) {
        table_[index] = std::move(table_.back());
        table_[index]->index = index;
    }
    table_.pop_back();
    return taken;
}

void Parker::drop(Connection& connection) {
    take_out(connection).reset();
    if (stopping()) wake();
}

Channel Parker::detach(Connection& connection) {
    const std::unique_ptr<Connection> taken = take_out(connection);
    if (taken->registered) ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, taken->channel.fd(), nullptr);
    if (stopping()) wake();
    return std::move(taken->channel);
}

void Parker::expire(Clock::time_point now) {
    std::vector<Connection*> expired;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& connection : table_) {
            if (!connection->armed || connection->deadline > now) continue;
            connection->armed = false;
            expired.push_back(connection.get());
        }
    }
    for (Connection* connection : expired) on_expired(*connection);
}

void Parker::close_waiting() {
    std::vector<Connection*> waiting;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& connection : table_) {
            if (!connection->armed || connection->phase == Phase::Flush) continue;
            connection->armed = false;
            waiting.push_back(connection.get());
        }
    }
    for (Connection* connection : waiting) drop(*connection);
}

void Parker::break_remaining() {
    std::vector<Connection*> ours;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        for (const auto& connection : table_) {
            if (connection->armed)
                ours.push_back(connection.get());
            else
                ::shutdown(connection->channel.fd(), SHUT_RDWR);  // a worker waiting in a write gives up
        }
    }
    for (Connection* connection : ours) drop(*connection);
}

bool Parker::empty() {
    const std::lock_guard lock(mutex_);
    return table_.empty();
}

void Parker::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(wake_fd_, &one, sizeof one);
}

void Parker::stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    wake();
    thread_.join();
}

}  // namespace helix::http_engine
