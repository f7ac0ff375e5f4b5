#pragma once

#include <string>
#include <string_view>

#include "domain/ledger/record.hpp"

namespace helix::ledger {

/// SHA-256 of some bytes, as a function that an adapter provides: pure, never fails, callable from any thread.
using Sha256 = Digest (*)(std::string_view bytes);

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);
void append_hex(std::string& out, const Digest& digest);

/// Reads exactly 64 lower-case hexadecimal digits into `out`.
/// @return false, with `out` unspecified, when `text` is anything else
[[nodiscard]] bool from_hex(std::string_view text, Digest& out);

}  // namespace helix::ledger
