#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// One YAML document as JSON, read as Kubernetes reads it (YAML 1.1 booleans). An empty document is null.
///
/// Bounded: at most 3 MiB, 10,000 nodes and 64 levels; aliases, anchors' reuse, merge keys, duplicate keys, tags and
/// keys that are no scalars are refused. Errors: InvalidArgument, ResourceExhausted, with "line 3, column 5" in
/// `where`.
Result<nlohmann::json> yaml_to_json(const std::string& text);

/// Every document of a stream, empty ones left out. Errors: as above.
Result<std::vector<nlohmann::json>> yaml_documents(const std::string& text);

}  // namespace helix::wire
