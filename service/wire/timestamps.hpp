#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::wire {

/// `at_us` (microseconds since 1970, UTC) as RFC 3339 with six decimals: "2026-11-21T03:04:05.000006Z".
///
/// Valid for the years 0000 to 9999; times outside are written as the nearest end, so that the text always parses.
std::string to_rfc3339(std::int64_t at_us);
void append_rfc3339(std::string& out, std::int64_t at_us);

/// Reads RFC 3339: any offset, 0 to 9 decimals (below a microsecond they are cut off), second 60 as 59.999999.
/// No locale, no time zone data. Errors: InvalidArgument.
Result<std::int64_t> from_rfc3339(std::string_view text);

}  // namespace helix::wire
