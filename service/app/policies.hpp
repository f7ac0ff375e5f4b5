#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::app {

/// One file of deploy/policies/conftest, as it was when this binary was built.
struct EmbeddedPolicy {
    std::string_view name;  ///< "limits.rego", "lib/workload.rego"
    std::string_view text;
};

std::vector<EmbeddedPolicy> embedded_policies();

/// Writes the embedded policies into `folder`, for conftest to read; other policies in it are removed.
/// Errors: Unavailable when that cannot be done.
Result<void> unpack_policies(const std::string& folder);

/// `program` itself when it names a path, else where PATH has it. Errors: NotFound.
Result<std::string> find_program(const std::string& program);

}  // namespace helix::app
