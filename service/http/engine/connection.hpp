#pragma once

#include <cstddef>
#include <string>

#include "service/http/engine/channel.hpp"
#include "service/http/engine/chunk_decoder.hpp"
#include "service/http/engine/options.hpp"
#include "service/http/engine/request_head.hpp"

namespace helix::http_engine {

/// What a connection is doing.
///
///     Handshake -> Head -> Body -> Worker -> Flush -> Head ...        (keep-alive)
///                    \________refused______/     \-> Linger -> gone    (close)
///
/// Worker may also hand the socket to a StreamHub; then the connection is forgotten here.
enum class Phase { Handshake, Head, Body, Worker, Flush, Linger };

/// One accepted connection and its request in the making. Exactly one thread owns it at a time: the event loop, or the
/// worker it was dispatched to.
struct Connection {
    explicit Connection(Channel taken) : channel(std::move(taken)) {}

    Channel channel;
    Phase phase = Phase::Head;
    HeadScanner scanner;
    RequestHead head;
    ChunkDecoder chunks;
    std::string in;    ///< received, not yet part of a request
    std::string body;  ///< of the request at hand, chunk framing removed
    std::string out;   ///< to be written; the first `out_sent` bytes are
    std::size_t out_sent = 0;
    bool close_after = false;
    bool counted_parked = false;
    std::size_t requests = 0;
    std::size_t accounted = 0;  ///< its share of Counters::buffered_bytes
    std::size_t discarded = 0;
    Clock::time_point deadline{};     ///< the loop closes or refuses after it
    Clock::time_point write_limit{};  ///< the end of Flush, whatever the progress
    std::string remote_address;
    int remote_port = 0;

    // Owned by the event loop's table and guarded by its mutex.
    bool armed = false;  ///< the loop owns it and waits for readiness or its deadline
    bool registered = false;
    std::size_t index = 0;
};

}  // namespace helix::http_engine
