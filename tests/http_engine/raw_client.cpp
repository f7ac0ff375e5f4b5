#include "tests/http_engine/raw_client.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace helix::http_engine::testing {
namespace {

using Time = std::chrono::steady_clock;

void write_identity(const std::filesystem::path& folder, const std::string& common_name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const void* text = common_name.data();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, static_cast<const unsigned char*>(text),
                               static_cast<int>(common_name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    std::FILE* file = std::fopen((folder / "cert.pem").c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
    file = std::fopen((folder / "key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
}

}  // namespace

RawClient::RawClient(int port, bool tls, int receive_buffer) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void* raw = &address;
    if (::connect(fd_, static_cast<sockaddr*>(raw), sizeof address) != 0) {
        ::close(fd_);
        fd_ = -1;
        return;
    }
    if (!tls) return;
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) throw std::runtime_error("TLS handshake failed");
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      context_(std::exchange(other.context_, nullptr)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      received_(std::move(other.received_)),
      ended_(other.ended_) {}

RawClient::~RawClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t put = 0;
        if (ssl_ != nullptr)
            put = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        else
            put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

bool RawClient::receive(Time::time_point until) {
    if (ended_) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Time::now()).count();
    pollfd ready{fd_, POLLIN, 0};
    const bool pending = ssl_ != nullptr && SSL_pending(ssl_) > 0;
    if (!pending && (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0)) return false;
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    if (ssl_ != nullptr)
        got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    else
        got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        ended_ = true;
        return false;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
}

std::string RawClient::read_until(std::string_view mark, std::chrono::milliseconds patience) {
    const auto until = Time::now() + patience;
    std::size_t from = 0;
    for (;;) {
        if (const auto at = received_.find(mark, from); at != std::string::npos) {
            std::string out = received_.substr(0, at + mark.size());
            received_.erase(0, at + mark.size());
            return out;
        }
        from = received_.size() < mark.size() ? 0 : received_.size() - mark.size();
        if (!receive(until)) return std::exchange(received_, {});
    }
}

std::string RawClient::read_response() {
    std::string head = read_until("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const auto at = head.find(kLength);
    if (at == std::string::npos) return head;
    const std::size_t length = std::stoul(head.substr(at + kLength.size()));
    const auto until = Time::now() + kPatience;
    while (received_.size() < length && receive(until)) {
    }
    head += received_.substr(0, length);
    received_.erase(0, length);
    return head;
}

std::string RawClient::read_to_end(std::chrono::milliseconds patience) {
    const auto until = Time::now() + patience;
    while (receive(until)) {
    }
    return std::exchange(received_, {});
}

bool RawClient::closed_by_peer(std::chrono::milliseconds patience) {
    read_to_end(patience);
    return ended_;
}

std::string get(std::string_view target, std::string_view more) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more) + "\r\n";
}

bool eventually(const std::function<bool()>& condition) {
    const auto until = Time::now() + RawClient::kPatience;
    while (!condition()) {
        if (Time::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::size_t open_fds() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

TestIdentity::TestIdentity(const std::string& common_name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "helix_tls_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    renew(common_name);
}

TestIdentity::~TestIdentity() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void TestIdentity::renew(const std::string& common_name) const {
    write_identity(folder_, common_name);
}

}  // namespace helix::http_engine::testing
