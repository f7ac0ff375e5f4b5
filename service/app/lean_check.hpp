#pragma once

#include <string>

#include "domain/core/result.hpp"

namespace helix::app {

/// Writes the theorem of a certificate (JSON text that was verified) to `file`, and has Lean check it where there is
/// one: the program that LEAN names, else `lean` on the PATH.
/// @return one sentence for people: what Lean says, or that there is none
/// Errors: those of proof::theorem_of; PermissionDenied when `file` cannot be written; DataLoss when Lean refuses it.
Result<std::string> check_with_lean(const std::string& certificate_json, const std::string& file);

}  // namespace helix::app
