#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <sys/uio.h>

using SSL = struct ssl_st;

namespace helix::http_engine {

/// How a non-blocking call ended.
enum class Io {
    Done,       ///< `bytes` were moved (0 only for a handshake)
    WantRead,   ///< try again once the socket is readable
    WantWrite,  ///< try again once the socket is writable
    Closed,     ///< the peer has gone, or the connection is broken
};

struct IoResult {
    Io state = Io::Closed;
    std::size_t bytes = 0;
};

/// One accepted, non-blocking socket, plain or TLS, and the only owner of both.
///
/// A blocked write under TLS must be repeated with the same bytes (OpenSSL has encrypted them already); they may have
/// moved in memory. Threads: one at a time.
class Channel {
public:
    Channel() = default;
    /// Takes `fd` (non-blocking) and `ssl` (null = plain). `open_count` is lowered by one when the channel closes.
    Channel(int fd, SSL* ssl, std::shared_ptr<std::atomic<std::size_t>> open_count = {});
    Channel(Channel&& other) noexcept;
    Channel& operator=(Channel&& other) noexcept;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel();

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] SSL* ssl() const { return ssl_; }
    /// True when TLS holds decrypted or undecrypted bytes that no readiness event will announce.
    [[nodiscard]] bool has_pending() const;

    IoResult handshake();
    IoResult read_some(std::span<char> into);
    IoResult write_some(std::string_view bytes);
    /// Writes the pieces in order; `bytes` counts those taken even when the state is WantWrite.
    IoResult write_pieces(std::span<const iovec> pieces);

    /// Says that nothing more will be written (TLS close_notify, then FIN); reading goes on.
    void shutdown_write();
    void close();

private:
    IoResult from_ssl(int rc) const;

    int fd_ = -1;
    SSL* ssl_ = nullptr;
    std::shared_ptr<std::atomic<std::size_t>> open_count_;
};

}  // namespace helix::http_engine
