#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace helix::ledger {

using UlidTail = std::array<std::uint8_t, 10>;  ///< the 80 bits that tell ULIDs of one millisecond apart

/// The 26 characters (Crockford base 32, upper case) of the ULID for `at_ms` and `tail`.
///
/// Text order is time order, then tail order.
/// @param at_ms  milliseconds since 1970, UTC; the low 48 bits are used
/// Source: the ULID specification (github.com/ulid/spec).
std::string encode_ulid(std::uint64_t at_ms, const UlidTail& tail);

/// Whether `text` is a ULID as `encode_ulid` writes it: 26 characters, upper case, no overflow of 128 bits.
bool is_ulid(std::string_view text);

/// Adds one to the 80-bit number in `tail`; false when it wrapped to zero.
bool increment(UlidTail& tail);

}  // namespace helix::ledger
