#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/kubeconfig/resolve.hpp"
#include "service/ports/definitions.hpp"

namespace helix::app {

struct ClusterChoice {
    std::vector<std::string> kubeconfig;  ///< files, merged in order; empty: as the environment says
    std::string context;                  ///< empty: the current one
    bool in_cluster = false;              ///< the cluster whose pod this process runs in
    bool allow_exec = false;              ///< credential programs may run
};

/// How this process gets into that cluster. Errors: those of the kubeconfig.
Result<kubeconfig::Access> access_of(const ClusterChoice& choice);

/// The definitions of that cluster, beside this program's own. Errors: those of the kubeconfig and the connection.
Result<std::unique_ptr<ports::Definitions>> cluster_definitions(const ClusterChoice& choice);

}  // namespace helix::app
