#pragma once

#include <string>

#include "service/usecases/court/case_file.hpp"

namespace helix::court {

/// The status that the trial should have, as canonical JSON: equal text means that nothing is to be written. It holds
/// no time of its own making, so that an idle trial is never written.
std::string status_of(const CaseFile& file, Micros now);

}  // namespace helix::court
