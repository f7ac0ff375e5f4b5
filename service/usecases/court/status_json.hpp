#pragma once

#include <string>

#include "service/usecases/court/case_file.hpp"

namespace helix::court {

/// The status that the trial should have, as canonical JSON. It holds no time of its own making.
///
/// @param versions  whether evidence is named with its resourceVersion. Signs of life change it every minute: a status
///                  is written only when the text without them is another one, so that an idle trial is never written.
std::string status_of(const CaseFile& file, Micros now, bool versions);

}  // namespace helix::court
