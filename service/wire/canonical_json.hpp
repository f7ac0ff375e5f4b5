#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// The canonical text of `value` by RFC 8785 (JCS): no spaces, object members in the order of their names' UTF-16 code
/// units, numbers as ECMAScript writes a double, strings with the shortest escapes. Equal values give equal bytes.
///
/// Errors: InvalidArgument for NaN and infinities, integers beyond +-2^53 (write those as strings), strings that are
/// not valid UTF-8 (a lone surrogate cannot be written in UTF-8 either), binary values, nesting deeper than 512.
Result<std::string> canonical_json(const nlohmann::json& value);

/// A finite double as ECMAScript's Number::toString writes it: the shortest digits that read back to the same double.
/// Precondition: `value` is finite.
std::string es6_number(double value);

/// Appends `text` to `out` as a JSON string with its quotes, in canonical escapes.
/// @return false when `text` is not valid UTF-8; `out` is then unspecified
[[nodiscard]] bool append_json_string(std::string& out, std::string_view text);

/// The largest magnitude below which every integer is a double of its own: 2^53.
inline constexpr long long kExactIntegerMax = 9'007'199'254'740'992;

}  // namespace helix::wire
