#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace helix::wire {

/// What a plain (unquoted) YAML scalar means to Kubernetes' reader: null, a boolean, an integer, a double or a string.
/// Infinities and NaN come back as such; JSON has no form for them.
nlohmann::json resolve_plain_scalar(const std::string& text);

}  // namespace helix::wire
