#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::cli {

/// An ObjectRef (openapi/helix.yaml) from kubectl's way of naming things.
///
/// `words` starts with "deployment/cart", "deploy/cart" or the two words "deployment cart"; with `default_kind` a lone
/// name will do. What was used is removed from `words`. A namespaced kind without `ns` is in "default". A kind that is
/// not in the shipped list is written as in manifests: "CronTab/my".
/// Errors: InvalidArgument.
Result<nlohmann::json> take_object(std::vector<std::string>& words, const std::string& ns,
                                   std::string_view default_kind = {});

/// The kind that `word` ("deploy", "deployments", "Deployment") means; empty when it is not known.
std::string kind_of(std::string_view word);

/// `object` as words for a command line: "deployment/cart -n shop".
std::string object_words(const nlohmann::json& object);

/// `word` quoted for a POSIX shell when it needs to be.
std::string shell_quoted(std::string_view word);

}  // namespace helix::cli
