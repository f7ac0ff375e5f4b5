#pragma once

#include <string>

#include "domain/core/result.hpp"

namespace helix::app {

/// Keeps a verdict's record as the file FOLDER/NAME.json, whole or not at all; one that is there already stays as it
/// is. The ledger holds the record: the file is for people and for tools that read files.
/// @return whether it is new
/// Errors: InvalidArgument for a name that is no plain word; that of the system when the file cannot be written.
Result<bool> keep_record(const std::string& folder, const std::string& name, const std::string& record);

}  // namespace helix::app
