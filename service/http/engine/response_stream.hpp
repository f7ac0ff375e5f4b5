#pragma once

#include <string>
#include <string_view>

#include <httplib.h>

#include "service/http/engine/connection.hpp"

namespace helix::http_engine {

/// What httplib sees of a connection: a request that is complete in memory, and an answer that is collected there.
///
/// Reading never waits. Writing waits only when more than `response_bytes_max` are unsent, and then at most
/// `write_stall_limit` without progress; so a slow reader of an ordinary answer costs memory, not a worker.
class ResponseStream final : public httplib::Stream {
public:
    ResponseStream(Connection& connection, const ServerOptions& options);

    [[nodiscard]] bool is_readable() const override { return true; }
    [[nodiscard]] bool is_writable() const override { return !broken_; }
    ssize_t read(char* into, size_t size) override;
    ssize_t write(const char* bytes, size_t size) override;
    using httplib::Stream::write;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    [[nodiscard]] socket_t socket() const override { return connection_.channel.fd(); }

    /// The number in the status line written, 0 when there is none.
    [[nodiscard]] int status() const { return status_; }
    /// A waiting write gave up, or the peer has gone; the connection is of no more use.
    [[nodiscard]] bool broken() const { return broken_; }
    [[nodiscard]] bool stalled() const { return stalled_; }

private:
    void drain();

    Connection& connection_;
    const ServerOptions& options_;
    std::string head_;
    std::size_t read_ = 0;
    int status_ = 0;
    bool broken_ = false;
    bool stalled_ = false;
};

}  // namespace helix::http_engine
