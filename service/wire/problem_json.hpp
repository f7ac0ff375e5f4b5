#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// `problem` as an RFC 9457 object: type, title, status, detail, and mend, where and retry_after_s where it has them.
/// `name` overrides the type that the code alone gives ("gate-break", "unknown-field").
nlohmann::json problem_json(const Error& problem, std::string_view name = {});

}  // namespace helix::wire
