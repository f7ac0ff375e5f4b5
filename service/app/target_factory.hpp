#pragma once

#include <memory>
#include <vector>

#include "adapters/config/config.hpp"
#include "service/ports/target.hpp"

namespace helix::app {

/// The targets that `config` means. Without any: the kubeconfig's current context when there is a kubeconfig, else the
/// built-in simulation.
/// Errors: those of the kubeconfig, named by file, line and field.
Result<std::vector<std::unique_ptr<ports::Target>>> make_targets(const config::Config& config);

}  // namespace helix::app
