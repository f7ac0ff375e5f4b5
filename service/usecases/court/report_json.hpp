#pragma once

#include <string>

#include "service/usecases/court/case_file.hpp"

namespace helix::court {

/// The verdict as a PolicyReport (wgpolicyk8s.io/v1alpha2) on the subject, for viewers of such reports: one result for
/// each gate and one for the verdict. Canonical JSON; it belongs to the trial and goes with it.
std::string report_of(const CaseFile& file);

}  // namespace helix::court
