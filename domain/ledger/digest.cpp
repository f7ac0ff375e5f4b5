#include "domain/ledger/digest.hpp"

#include <array>
#include <cstddef>

namespace helix::ledger {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// The value of one lower-case digit, or 16.
unsigned nibble(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
    return 16U;
}

}  // namespace

void append_hex(std::string& out, const Digest& digest) {
    std::array<char, 2 * sizeof(Digest)> text{};
    for (std::size_t i = 0; i < digest.size(); ++i) {
        text[2 * i] = kDigits[digest[i] >> 4U];
        text[2 * i + 1] = kDigits[digest[i] & 0xFU];
    }
    out.append(text.data(), text.size());
}

std::string to_hex(const Digest& digest) {
    std::string out;
    append_hex(out, digest);
    return out;
}

bool from_hex(std::string_view text, Digest& out) {
    if (text.size() != 2 * out.size()) return false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const unsigned high = nibble(text[2 * i]);
        const unsigned low = nibble(text[2 * i + 1]);
        if (high > 15U || low > 15U) return false;
        out[i] = static_cast<std::uint8_t>(high * 16U + low);
    }
    return true;
}

}  // namespace helix::ledger
