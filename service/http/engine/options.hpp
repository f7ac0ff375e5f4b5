#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "service/http/engine/request_head.hpp"
#include "service/http/engine/tls_context.hpp"

namespace helix::http_engine {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC
using Millis = std::chrono::milliseconds;

/// The bounds of a server. Every default is the promised one; tests use small ones.
struct ServerOptions {
    std::optional<TlsOptions> tls = {};  ///< none = plain HTTP
    HeadLimits head = {};
    std::size_t body_bytes_max = 3 * 1024 * 1024;
    std::size_t buffered_bytes_max = 64 * 1024 * 1024;  ///< of all unanswered requests together; beyond it 503
    std::size_t response_bytes_max = 4 * 1024 * 1024;   ///< kept for a slow reader before its worker waits
    std::size_t connections_max = 20'000;               ///< streams included; beyond it 503 and close
    std::size_t workers = 16;
    std::size_t queue_max = 4096;  ///< requests waiting for a worker; beyond it 503
    std::size_t requests_per_connection_max = 100'000;
    int backlog = 4096;
    Millis handshake_limit{5'000};
    Millis head_limit{5'000};  ///< from a request's first byte to the end of its head
    Millis body_limit{10'000};
    Millis idle_limit{60'000};          ///< between requests, and before the first
    Millis write_stall_limit{10'000};   ///< no byte of the answer taken for so long: close
    Millis write_total_limit{120'000};  ///< the whole answer
    Millis linger_limit{2'000};         ///< after our FIN, for the client to read the answer
    Millis stop_limit{10'000};          ///< for requests in flight when stop() is called
};

}  // namespace helix::http_engine
