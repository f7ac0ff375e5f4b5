#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::cli {

/// The documents of a YAML stream (or one JSON value), as text; those that hold nothing are left out.
std::vector<std::string> split_documents(std::string_view stream);

/// A plan file, YAML or JSON, as a JSON value (wire::yaml_to_json, wire::parse_json).
/// Errors: InvalidArgument with file, line and column.
Result<nlohmann::json> read_document(const std::string& text, const std::string& file);

}  // namespace helix::cli
