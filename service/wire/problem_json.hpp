#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// What every problem type begins with.
inline constexpr std::string_view kProblemBase = "https://helix.eose.ca/problems/";

/// `failure` as an RFC 9457 object: type, title, status, detail, `mend` (the type's own when the failure has none), and
/// where they are known `where` and `retry_after_s`. One table says what a type is; it is in openapi/helix.yaml as
/// well.
///
/// @param name  the type's last part ("gate-break"); empty, or not in the table: it follows from the failure's code
///              (and from its `where` and message: "reason-needed", "unknown-field")
nlohmann::json problem_json(const Error& failure, std::string_view name = {});

}  // namespace helix::wire
