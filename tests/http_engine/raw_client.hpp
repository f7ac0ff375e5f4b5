#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace helix::http_engine::testing {

/// A blocking client that sends exactly the bytes it is told, over TCP or TLS on loopback; every wait has a deadline.
class RawClient {
public:
    static constexpr std::chrono::milliseconds kPatience{20'000};

    /// Connects; with `tls` the handshake is made too (no verification). `receive_buffer` > 0 sets SO_RCVBUF.
    explicit RawClient(int port, bool tls = false, int receive_buffer = 0);
    RawClient(RawClient&& other) noexcept;
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    RawClient& operator=(RawClient&&) = delete;
    ~RawClient();

    [[nodiscard]] bool connected() const { return fd_ >= 0; }
    /// False when the peer has closed.
    bool send(std::string_view bytes);
    /// Everything up to and including `mark`, or what came before the peer closed or the patience ended.
    std::string read_until(std::string_view mark, std::chrono::milliseconds patience = kPatience);
    /// One answer: head, and body by its Content-Length.
    std::string read_response();
    /// Everything until the peer closes.
    std::string read_to_end(std::chrono::milliseconds patience = kPatience);
    /// True once the peer has closed; bytes that come before are thrown away.
    bool closed_by_peer(std::chrono::milliseconds patience = kPatience);
    [[nodiscard]] SSL* ssl() const { return ssl_; }
    [[nodiscard]] int fd() const { return fd_; }

private:
    bool receive(std::chrono::steady_clock::time_point until);

    int fd_ = -1;
    SSL_CTX* context_ = nullptr;
    SSL* ssl_ = nullptr;
    std::string received_;
    bool ended_ = false;
};

/// "GET `target` HTTP/1.1" with a Host field and `more` fields (each with CRLF).
std::string get(std::string_view target, std::string_view more = "");

/// Waits until `condition` holds; false when it does not within the client's patience.
bool eventually(const std::function<bool()>& condition);

/// Open file descriptors of this process.
std::size_t open_fds();

/// A folder with a fresh self-signed certificate "cert.pem" and its "key.pem", removed with the object.
class TestIdentity {
public:
    explicit TestIdentity(const std::string& common_name = "first");
    ~TestIdentity();
    TestIdentity(const TestIdentity&) = delete;
    TestIdentity& operator=(const TestIdentity&) = delete;

    /// Replaces both files by new ones for `common_name`.
    void renew(const std::string& common_name) const;
    [[nodiscard]] std::string certificate() const { return (folder_ / "cert.pem").string(); }
    [[nodiscard]] std::string key() const { return (folder_ / "key.pem").string(); }

private:
    std::filesystem::path folder_;
};

}  // namespace helix::http_engine::testing
