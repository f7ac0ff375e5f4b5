#pragma once

namespace helix::app {

/// From now on SIGINT and SIGTERM are requests to stop; SIGPIPE is ignored. Call before any thread is started.
void catch_stop_signals();

[[nodiscard]] bool stop_requested();

/// Returns when a stop has been requested.
void wait_for_stop();

}  // namespace helix::app
