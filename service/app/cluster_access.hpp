#pragma once

#include <string>
#include <vector>

#include "adapters/kubeconfig/resolve.hpp"

/// How this process gets into clusters: what its environment and its command line say.
namespace helix::app {

/// Where a pod finds its own access.
inline constexpr const char* kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A variable of the environment; empty when it is not set. Before any thread.
std::string variable(const char* name);

/// `named`, or what the environment means when nothing was named.
std::vector<std::string> kubeconfig_paths(const std::vector<std::string>& named);

/// Credential programs get this process's environment when they may run.
kubeconfig::ResolveOptions resolve_options(bool allow_exec);

}  // namespace helix::app
