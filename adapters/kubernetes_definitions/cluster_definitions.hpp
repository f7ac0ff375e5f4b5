#pragma once

#include <memory>

#include "adapters/kubeconfig/resolve.hpp"
#include "service/ports/definitions.hpp"

namespace helix::kubernetes_definitions {

/// Who is shown as the owner of these fields in a cluster.
inline constexpr const char* kFieldManager = "helix-crds";

/// The CustomResourceDefinitions of deploy/crds, in this binary, beside those of the API server that `access` leads to.
/// They are compared and written by server-side apply, so that the API server itself says what would change: defaults
/// that it fills in are no difference.
/// Errors: those of http2_client::Channel::open.
Result<std::unique_ptr<ports::Definitions>> connect(const kubeconfig::Access& access);

}  // namespace helix::kubernetes_definitions
