#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/config/config.hpp"

namespace helix::app {

/// The whole service, wired: the one place that knows every room.
///
/// Thread safety: start, stop and the destructor from one thread.
class App {
public:
    virtual ~App() = default;

    /// The base URL it answers at, "http://127.0.0.1:8765".
    [[nodiscard]] virtual std::string url() const = 0;
    /// One line per target: name, kind, address.
    [[nodiscard]] virtual std::vector<std::string> targets() const = 0;
    /// True once every target is in sync and has a figure for each unit.
    [[nodiscard]] virtual bool ready() const = 0;
    /// Finishes requests in flight, says bye on the streams, joins everything.
    virtual void stop() = 0;
};

/// Starts the service. With no target configured and no cluster reached it runs the built-in simulation and says so.
///
/// Errors: InvalidArgument (addresses, files, kubeconfig: named; see also check_state), PermissionDenied (an address
/// that is not loopback without TLS and tokens), DataLoss (a damaged ledger), Unavailable (the port is taken).
Result<std::unique_ptr<App>> start(const config::Config& config);

/// Brings the schema of the configured ledger up to date, as `start` does at first, and does nothing else: no record is
/// written and no key is made. For the role that owns a database, which is not the service's (docs/postgresql.md).
/// Answers where the ledger is, for people. Errors: those of open_stores.
Result<std::string> migrate(const config::Config& config);

}  // namespace helix::app
