#pragma once

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::cli {

/// A fake for faults that the real service cannot be made to show: answers each connection with the next of its canned
/// texts, byte for byte, and closes it. An empty text closes without a word; "STALL" never answers.
class CannedService {
public:
    explicit CannedService(std::vector<std::string> answers) : answers_(std::move(answers)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, generic, &size) != 0)
            std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~CannedService() {
        stopping_ = true;
        thread_.join();
        for (const int stalled : stalled_) ::close(stalled);
        ::close(listener_);
    }
    CannedService(const CannedService&) = delete;
    CannedService& operator=(const CannedService&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// What was received so far, one text per connection.
    [[nodiscard]] std::vector<std::string> requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    void serve() {
        std::size_t next = 0;
        while (!stopping_) {
            pollfd wait{listener_, POLLIN, 0};
            if (::poll(&wait, 1, 20) <= 0) continue;
            const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (peer < 0) continue;
            const std::string request = receive(peer);
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
            }
            const std::string answer = next < answers_.size() ? answers_[next++] : "";
            if (answer == "STALL") {
                stalled_.push_back(peer);
                continue;
            }
            static_cast<void>(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL));
            ::close(peer);
        }
    }

    /// The request's head and as much of its body as Content-Length says.
    static std::string receive(int peer) {
        std::string text;
        std::size_t wanted = std::string::npos;
        while (text.size() < wanted) {
            char piece[4096];
            const ssize_t size = ::recv(peer, piece, sizeof piece, 0);
            if (size <= 0) break;
            text.append(piece, static_cast<std::size_t>(size));
            const std::size_t end = text.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            const std::size_t length = text.find("Content-Length: ");
            wanted = end + 4 + (length < end ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0);
        }
        return text;
    }

    const std::vector<std::string> answers_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::vector<std::string> requests_;
    std::vector<int> stalled_;
    std::thread thread_;
};

inline std::string canned(const std::string& status, const std::string& type, const std::string& body,
                          const std::string& more_headers = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n" + more_headers + "\r\n" + body;
}

}  // namespace helix::cli
