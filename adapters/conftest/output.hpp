#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/trial/reports.hpp"

namespace helix::conftest {

inline constexpr std::size_t kFindingsMax = 5'000;
inline constexpr std::size_t kOutputBytesMax = 2U << 20U;

/// What `conftest test --output json` printed, over all files and namespaces.
struct Output {
    std::int64_t successes = 0;
    std::vector<trial::ManifestFinding> findings;  ///< texts cut to trial::Defect::kMessageBytesMax
};

/// Failures become Deny, warnings Warn, exceptions Exception; an absent list is an empty one.
/// Errors: InvalidArgument when it is not what conftest since 0.21 prints; ResourceExhausted for too many findings.
Result<Output> read_output(std::string_view json);

}  // namespace helix::conftest
