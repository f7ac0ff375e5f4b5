#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// Bounds on YAML from outside. Whatever the text, it is read or refused within 100 ms of a processor: reading stops at
/// the first thing beyond them.
struct YamlLimits {
    std::size_t bytes = 1024U * 1024U;
    std::size_t nodes = 10'000;
    std::size_t depth = 64;
};

/// Reads one YAML document as Kubernetes' reader does: plain `yes`, `no`, `on`, `off`, `y`, `n` are booleans, `0777` is
/// octal, `1_000` is a number, dates are strings; keys become strings. An empty text is null.
///
/// Refused: aliases, merge keys, duplicate keys, tags beyond str, map and seq, `.nan` and `.inf`, several documents.
/// Errors: InvalidArgument, with "line 2, column 7" in `where`; ResourceExhausted when the text is over `limits.bytes`.
/// Source: go.yaml.in/yaml/v2, resolve.go; sigs.k8s.io/yaml.
Result<nlohmann::json> yaml_to_json(const std::string& text, const YamlLimits& limits = {});

/// Every document of a stream, empty ones left out; `limits` are those of all together. Errors: as yaml_to_json.
Result<std::vector<nlohmann::json>> yaml_documents(const std::string& text, const YamlLimits& limits = {});

}  // namespace helix::wire
