#pragma once

#include <cstdint>
#include <string>

#include "domain/core/result.hpp"
#include "domain/trial/law.hpp"
#include "domain/trial/reports.hpp"

namespace helix::ports {

/// Judges a manifest by policies that need no cluster: conftest.
class ManifestJudge {
public:
    virtual ~ManifestJudge() = default;

    /// What the policies say of `manifest_json`, the live object at `generation`, for entering `layer`. Whatever went
    /// wrong with the tool itself is told in the check's `problem`: a judge that cannot judge acquits nobody.
    /// Errors: InvalidArgument when the manifest is no JSON.
    virtual Result<trial::ManifestCheck> judge(const std::string& manifest_json, std::int64_t generation,
                                               trial::Layer layer) = 0;
};

}  // namespace helix::ports
