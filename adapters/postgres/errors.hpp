#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::postgres {

/// SQLSTATEs that callers tell apart by themselves.
inline constexpr std::string_view kUniqueViolation = "23505";
inline constexpr std::string_view kInvalidParameter = "22023";

/// The SQLSTATE of a failed statement; empty when the failure was not a statement's.
std::string sqlstate_of(const std::exception& failure);

/// What the library threw, as our error: the one place where its classes and codes become ours. `doing` begins the
/// message, `server` names it. What may pass by itself, or by mending the server, is Unavailable.
Error to_error(const std::exception& failure, std::string_view doing, const std::string& server);

}  // namespace helix::postgres
