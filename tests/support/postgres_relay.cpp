#include "tests/support/postgres_relay.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace helix::test_support {
namespace {

constexpr int kPollMs = 20;  // how soon a change of mind is noticed

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
    std::memcpy(address.sun_path, path.c_str(), path.string().size());
    return address;
}

const sockaddr* as_address(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

int connect_to(const std::filesystem::path& path) {
    const sockaddr_un address = address_of(path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, as_address(address), sizeof address) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

bool send_all(int fd, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

/// COMMIT is sent by itself, as one small message; the lone statement begins its own piece with its Bind message.
bool is_commit(std::string_view data) {
    constexpr std::string_view kLone("\0append_", 8);
    constexpr std::size_t kHead = 5;  // type and length
    return data.find(std::string_view("COMMIT\0", 7)) != std::string_view::npos ||
           (data.size() > kHead && data.front() == 'B' && data.substr(kHead).starts_with(kLone));
}

}  // namespace

PostgresRelay::PostgresRelay(std::filesystem::path server_socket) : server_socket_(std::move(server_socket)) {
    const sockaddr_un address = address_of(folder_.file(".s.PGSQL.5432"));
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener_ < 0 || bind(listener_, as_address(address), sizeof address) != 0 || listen(listener_, 64) != 0)
        throw std::system_error(errno, std::generic_category(), "relay");
    acceptor_ = std::jthread([this] { accept_all(); });
}

PostgresRelay::~PostgresRelay() {
    ending_ = true;
    acceptor_.join();
    carriers_.clear();
    close(listener_);
}

void PostgresRelay::cut_next(Cut where, bool and_stay_away) {
    stay_away_ = and_stay_away;
    cut_ = where;
}

void PostgresRelay::lead_to(std::filesystem::path server_socket) {
    {
        const std::lock_guard lock(mutex_);
        server_socket_ = std::move(server_socket);
    }
    ++generation_;
}

void PostgresRelay::accept_all() {
    while (!ending_) {
        pollfd waiting{listener_, POLLIN, 0};
        if (poll(&waiting, 1, kPollMs) <= 0) continue;
        const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const std::lock_guard lock(mutex_);
        const int server = away_ ? -1 : connect_to(server_socket_);
        if (server < 0) {
            close(client);
            continue;
        }
        carriers_.emplace_back([this, client, server] {
            carry(client, server);
            close(client);
            close(server);
        });
    }
}

void PostgresRelay::carry(int client, int server) {
    const int mine = generation_;
    bool drop_answer = false;
    while (!ending_ && generation_ == mine) {
        if (silent_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
            continue;
        }
        std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        if (poll(ends.data(), ends.size(), kPollMs) <= 0 || generation_ != mine) continue;
        if (ends[1].revents != 0 && !pass_on(server, client, false, drop_answer)) return;
        if (ends[0].revents != 0 && !pass_on(client, server, true, drop_answer)) return;
    }
}

/// False when the connection is over.
bool PostgresRelay::pass_on(int from, int to, bool from_client, bool& drop_answer) {
    std::array<char, 65536> buffer{};
    const ssize_t count = recv(from, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    const std::string_view data(buffer.data(), static_cast<std::size_t>(count));
    if (!from_client && drop_answer) return false;  // the server has answered: it is done
    if (from_client && is_commit(data)) {
        const Cut cut = cut_.exchange(Cut::None);
        if (cut != Cut::None) {
            ++cuts_;
            if (stay_away_) away_ = true;
        }
        if (cut == Cut::BeforeCommit) return false;
        drop_answer = cut == Cut::AfterCommit;
        if (cut == Cut::WithCommit) return send_all(to, data.data(), data.size()) && false;
    }
    return send_all(to, data.data(), data.size());
}

}  // namespace helix::test_support
