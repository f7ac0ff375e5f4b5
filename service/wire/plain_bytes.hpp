#pragma once

#include <array>
#include <cstddef>

namespace helix::wire {

/// The bytes that a canonical JSON string shows as they are: ASCII but for controls, the quote and the backslash.
inline constexpr std::array<bool, 256> kPlainBytes = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

}  // namespace helix::wire
