#pragma once

#include <atomic>
#include <cstdint>

#include "adapters/http2_client/channel.hpp"
#include "adapters/http2_client/target.hpp"

namespace helix::http2_client {

/// What every socket of a channel is opened with, and how many there were. Written on the channel's thread, read
/// from any; outlives every connection of the channel.
struct Sockets {
    bool plain = false;  ///< only loopback is connected to
    bool local = false;  ///< see ChannelOptions::local_socket
    int keepalive_idle_s = 30;
    unsigned user_timeout_ms = 30'000;
    std::atomic<std::uint64_t> opened{0};
    std::atomic<std::uint64_t> closed{0};
};

}  // namespace helix::http2_client
