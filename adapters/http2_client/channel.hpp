#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/endpoint/credential_source.hpp"
#include "adapters/endpoint/endpoint.hpp"
#include "adapters/http2_client/message.hpp"

namespace helix::http2_client {

/// However many streams are open, so many other requests may be under way.
inline constexpr std::size_t kReservedForCalls = 8;

struct ChannelOptions {
    /// Most TCP connections at one time. With `multiplex` give at least 2 where streams stay open: a connection that
    /// the server is draining (GOAWAY) keeps its place until its last stream ends.
    std::size_t max_connections = 2;
    bool multiplex = true;  ///< HTTP/2 when the server has it; false: HTTP/1.1, one request per connection
    /// Most requests under way at once, streams included; the others wait here. libcurl opens a further connection as
    /// soon as one has 100 streams: kept below that, a burst stays on the connection there is. Open streams never
    /// take all of it: kReservedForCalls are left to the rest.
    std::size_t in_flight_max = 90;
    int read_sends_max = 2;  ///< how often one read may be sent, libcurl's own resends included; >= 1
    std::chrono::milliseconds connect_timeout{10'000};     ///< TCP and TLS together
    std::chrono::seconds keepalive_idle{30};               ///< TCP keep-alive starts after that silence
    std::chrono::milliseconds unacknowledged_max{30'000};  ///< sent bytes unacknowledged that long end the connection
    /// The name of an abstract Unix socket to be connected to instead of the endpoint's host; empty: none.
    std::string local_socket = {};
};

/// One thread, one libcurl multi handle, a bounded set of persistent connections to one endpoint.
///
/// A write is sent at most once: libcurl would silently send it again when a kept connection dies under it, the
/// channel stops it there and answers UnknownOutcome. A read may be sent `read_sends_max` times. A 401 asks the
/// credential source once for something newer and repeats only when there is (the server did nothing on a 401).
/// Redirects are not followed, proxies from the environment not used, link-local addresses not connected to.
///
/// Thread safety: any method from any thread; handlers run on the channel's thread, must not throw, must be short,
/// and must neither use call() nor destroy the channel.
class Channel {
public:
    using Ticket = std::uint64_t;

    /// Errors: InvalidArgument when the endpoint is not https (or http towards loopback) or names a link-local host.
    static Result<std::unique_ptr<Channel>> open(endpoint::Endpoint endpoint,
                                                 std::shared_ptr<endpoint::CredentialSource> credentials,
                                                 ChannelOptions options = {});

    /// Ends what is outstanding (Unavailable "channel closed"; UnknownOutcome for a write that was sent) and joins.
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Queues `request`; `on_done` is called exactly once, never from within this call.
    Ticket submit(Request request, OnDone on_done);

    /// As submit, but a 2xx body goes to `on_bytes` piece by piece and is not kept: watches and large lists.
    /// Once a byte was delivered the request is not repeated. A stream may end early in good order: when the server
    /// drains its connection and others wait for its place.
    Ticket open_stream(Request request, OnBytes on_bytes, OnDone on_end);

    /// Gives a request up: its OnDone follows with Unavailable "cancelled" (UnknownOutcome for a sent write), unless
    /// it has ended already.
    void cancel(Ticket ticket);

    /// submit() and wait. Errors: as OnDone; Internal when called on the channel's own thread.
    Result<Response> call(Request request);

    /// TCP connections opened so far (helix_tcp_connections_opened_total), and open now.
    [[nodiscard]] std::uint64_t connections_opened() const;
    [[nodiscard]] std::uint64_t connections_open() const;

private:
    class Loop;
    explicit Channel(std::unique_ptr<Loop> loop);

    std::unique_ptr<Loop> loop_;
};

}  // namespace helix::http2_client
