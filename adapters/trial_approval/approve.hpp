#pragma once

#include <string>

#include "adapters/kubeconfig/resolve.hpp"
#include "domain/core/result.hpp"

namespace helix::trial_approval {

/// Who approved, and where it stands.
struct Approval {
    std::string user;        ///< as the API server knows the caller
    std::string annotation;  ///< "eose.ca/approved-by"
};

/// Writes the caller's own name, as the API server tells it, onto the trial as its approval.
/// Errors: NotFound; PreconditionFailed for a layer that asks for no approval; PermissionDenied; those of the
/// connection.
Result<Approval> approve(const kubeconfig::Access& access, const std::string& ns, const std::string& name);

}  // namespace helix::trial_approval
