#include "domain/ledger/ulid.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace helix::ledger {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Which bytes are of the alphabet: verifying a ledger asks of every id.
constexpr auto kIsDigit = [] {
    std::array<bool, 256> digits{};
    for (const char c : kAlphabet) digits[static_cast<unsigned char>(c)] = true;
    return digits;
}();
constexpr std::size_t kTimeChars = 10;
constexpr std::size_t kTailChars = 16;

}  // namespace

std::string encode_ulid(std::uint64_t at_ms, const UlidTail& tail) {
    std::string out(kTimeChars + kTailChars, '0');
    std::uint64_t time = at_ms & 0xFFFF'FFFF'FFFFU;
    for (std::size_t i = kTimeChars; i-- > 0; time >>= 5U) out[i] = kAlphabet[time & 31U];
    // 80 bits are 16 groups of five: two halves of 40 bits, eight characters each.
    for (std::size_t half = 0; half < 2; ++half) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 5; ++i) bits = (bits << 8U) | tail[half * 5 + i];
        for (std::size_t i = 8; i-- > 0; bits >>= 5U) out[kTimeChars + half * 8 + i] = kAlphabet[bits & 31U];
    }
    return out;
}

bool is_ulid(std::string_view text) {
    if (text.size() != kTimeChars + kTailChars || text.front() > '7') return false;
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return kIsDigit[c]; });
}

bool increment(UlidTail& tail) {
    for (std::size_t i = tail.size(); i-- > 0;)
        if (++tail[i] != 0) return true;
    return false;
}

}  // namespace helix::ledger
