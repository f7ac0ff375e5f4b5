#include "tests/silos/engine_relay.hpp"

#include <algorithm>
#include <stdexcept>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace helix::silo_test {
namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

bool send_all(int fd, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t put = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (put <= 0) return false;
        at += static_cast<std::size_t>(put);
    }
    return true;
}

/// Empty: the end.
std::string receive(int fd) {
    char piece[65536];
    const ssize_t got = ::recv(fd, piece, sizeof piece, 0);
    return got > 0 ? std::string(piece, static_cast<std::size_t>(got)) : std::string();
}

bool is_request(const std::string& bytes) {
    return bytes.starts_with("GET ") || bytes.starts_with("POST ") || bytes.starts_with("DELETE ");
}

}  // namespace

EngineRelay::EngineRelay(std::filesystem::path socket, std::filesystem::path engine_socket)
    : socket_(std::move(socket)),
      engine_socket_(std::move(engine_socket)),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un here = address_of(socket_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0 || ::listen(listener_, 64) != 0)
        throw std::runtime_error("the relay cannot listen");
    acceptor_ = std::jthread([this] {
        while (!ending_) {
            pollfd one = {listener_, POLLIN, 0};
            if (::poll(&one, 1, 100) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client >= 0) carriers_.emplace_back([this, client] { carry(client); });
        }
    });
}

EngineRelay::~EngineRelay() {
    ending_ = true;
    acceptor_.join();
    carriers_.clear();
    ::close(listener_);
}

void EngineRelay::cut_next(std::string words, Cut where) {
    const std::lock_guard lock(mutex_);
    cut_words_ = std::move(words);
    cut_ = where;
}

int EngineRelay::passed(const std::string& words) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(
        seen_.begin(), seen_.end(), [&](const std::string& line) { return line.find(words) != std::string::npos; }));
}

bool EngineRelay::decide(const std::string& first_line, Cut& where) {
    const std::lock_guard lock(mutex_);
    const bool cuts = !cut_words_.empty() && first_line.find(cut_words_) != std::string::npos;
    where = cut_;
    if (cuts) cut_words_.clear();
    if (!cuts || where == Cut::After) seen_.push_back(first_line);
    return cuts;
}

void EngineRelay::carry(int client) {
    const int engine = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un there = address_of(engine_socket_);
    bool open = ::connect(engine, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    bool lose_answer = false;
    while (open && !ending_) {
        pollfd both[2] = {{client, POLLIN, 0}, {engine, POLLIN, 0}};
        if (::poll(both, 2, 100) <= 0) continue;
        if (both[0].revents != 0) {
            const std::string bytes = receive(client);
            Cut where = Cut::Before;
            if (is_request(bytes) && decide(bytes.substr(0, bytes.find('\r')), where)) {
                if (where == Cut::Before) break;
                lose_answer = true;
            }
            open = !bytes.empty() && send_all(engine, bytes);
        }
        if (open && both[1].revents != 0) {
            const std::string bytes = receive(engine);
            open = !bytes.empty() && !lose_answer && send_all(client, bytes);
        }
    }
    ::close(client);
    ::close(engine);
}

}  // namespace helix::silo_test
