#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::ports {

/// The kinds that a cluster must know before this service can work there: what the cluster has, beside what this
/// program carries.
///
/// Thread safety: one thread at a time.
class Definitions {
public:
    struct Difference {
        std::string path;     ///< JSON pointer into the definition
        std::string cluster;  ///< what the cluster has, as JSON; empty: nothing
        std::string ours;     ///< what this program carries, as JSON; empty: nothing
    };
    struct State {
        std::string name;  ///< "trendaltrials.eose.ca"
        bool installed = false;
        std::vector<Difference> differences;

        [[nodiscard]] bool same() const { return installed && differences.empty(); }
    };

    virtual ~Definitions() = default;

    /// What installing would change. Nothing is written.
    /// Errors: those of the cluster; PermissionDenied without the right to patch definitions, which is what is asked.
    virtual Result<std::vector<State>> compare() = 0;

    /// Brings the cluster to what this program carries, and waits until it serves the kinds.
    /// @return what it found, as compare() does
    /// Errors: as compare(); DeadlineExceeded when a kind is not served within `patience`, with the cluster's reason.
    virtual Result<std::vector<State>> install(std::chrono::seconds patience) = 0;
};

}  // namespace helix::ports
