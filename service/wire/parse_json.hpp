#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::wire {

/// Bounds on JSON from outside.
struct JsonLimits {
    int depth = 64;  ///< objects and arrays inside each other
    std::size_t bytes = 3U * 1024U * 1024U;
    /// Also take integers that a double cannot hold to the digit. Such a value has no canonical form.
    bool inexact_integers = false;
};

/// Reads one JSON value that is the whole of `text`.
///
/// Stricter than RFC 8259 asks, so that no two readers can disagree: duplicate names, text after the value, a byte
/// order mark, lone surrogates, numbers beyond a double and integers whose digits a double would change are refused.
/// Errors: InvalidArgument, with "line 2, column 7" in `where`; ResourceExhausted when `text` is over `limits.bytes`.
Result<nlohmann::json> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace helix::wire
