#pragma once

#include "adapters/config/config.hpp"

namespace helix::app {

struct DemoOptions {
    config::Config config;
    bool once = false;   ///< end after the tour instead of staying up
    bool write = false;  ///< carry out the tour's writes; otherwise ask for verdicts alone (always on in a simulation)
};

/// Starts the service, turns the helix a few times as any HTTP client would, and says what happened: a PASS with its
/// receipt, a BREAK with its counterexample, the ledger verified.
/// @return the process's exit code: 0 when all of that was shown
int run_demo(const DemoOptions& options);

}  // namespace helix::app
