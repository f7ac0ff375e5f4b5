#pragma once

#include <string>

#include <yaml-cpp/yaml.h>

#include "domain/core/result.hpp"

namespace helix::kubeconfig {

inline constexpr std::size_t kYamlBytesMax = 3U << 20U;
inline constexpr std::size_t kYamlNodesMax = 10'000;
inline constexpr int kYamlDepthMax = 64;

/// The one document of `text`, after a first pass that keeps nothing has found it within the bounds: no alias, no
/// key twice in one mapping, no tag of its own, so that a small file cannot become a large tree.
/// Errors: InvalidArgument, `where` = "file:line", in the words of no value.
Result<YAML::Node> parse_yaml(const std::string& text, const std::string& file);

}  // namespace helix::kubeconfig
