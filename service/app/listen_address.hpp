#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::app {

/// Where to listen.
struct ListenAddress {
    std::string host;
    int port = 0;  ///< 0: any free one
};

/// Reads "127.0.0.1:8765", "[::1]:8765" or "localhost:0". Errors: InvalidArgument.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// Whether only this machine can reach `host`.
bool is_loopback(std::string_view host);

}  // namespace helix::app
