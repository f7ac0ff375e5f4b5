#pragma once

#include <string>

#include "domain/core/result.hpp"

namespace helix::http_engine {

/// A listening, non-blocking TCP socket.
struct Listener {
    int fd = -1;
    int port = 0;  ///< the real one, also when 0 was asked for
};

/// Binds `host` (a name or numeric address, "0.0.0.0", "::", "localhost") and listens with `backlog`.
/// Errors: InvalidArgument for an address that does not resolve, Unavailable when it cannot be bound.
Result<Listener> listen_on(const std::string& host, int port, int backlog);

}  // namespace helix::http_engine
