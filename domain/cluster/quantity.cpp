#include "domain/cluster/quantity.hpp"

#include <limits>
#include <string>

#include "domain/core/int128.hpp"

namespace helix::cluster {
namespace {

constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();

Error refused(std::string_view text, const char* why) {
    return error(Code::InvalidArgument, "quantity \"" + std::string(text.substr(0, 40)) + "\" " + why,
                 "write it like 128Mi, 1.5Gi, 500m or 2");
}

/// A suffix as a factor of 2^(10*binary) * 10^decimal.
struct Suffix {
    int binary = 0;
    int decimal = 0;
};

bool parse_exponent(std::string_view text, Suffix& suffix) {
    bool negative = false;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > 3) return false;
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    suffix.decimal = negative ? -value : value;
    return true;
}

bool parse_suffix(std::string_view text, Suffix& suffix) {
    constexpr std::string_view kBig = "kMGTPE";
    constexpr std::string_view kBinary = "KMGTPE";
    if (text.empty()) return true;
    if (text.size() == 2 && text[1] == 'i') {
        const auto power = kBinary.find(text[0]);
        if (power == std::string_view::npos) return false;
        suffix.binary = static_cast<int>(power) + 1;
        return true;
    }
    if (text.size() == 1) {
        if (text[0] == 'm') return suffix.decimal = -3, true;
        if (text[0] == 'u') return suffix.decimal = -6, true;
        if (text[0] == 'n') return suffix.decimal = -9, true;
        const auto power = kBig.find(text[0]);
        if (power == std::string_view::npos) return false;
        suffix.decimal = 3 * (static_cast<int>(power) + 1);
        return true;
    }
    return (text[0] == 'e' || text[0] == 'E') && parse_exponent(text.substr(1), suffix);
}

/// The digits of `text` as an integer of `scale` decimal places; the rest of `text` is the suffix.
struct Digits {
    Int128 value = 0;
    int scale = 0;
    bool any = false;
    bool too_long = false;
};

Digits take_digits(std::string_view& text) {
    Digits digits;
    bool after_point = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        digits.any = true;
        if (digits.value > kMax) {
            digits.too_long = true;
            continue;
        }
        digits.value = digits.value * 10 + (c - '0');
        if (after_point) ++digits.scale;
    }
    text.remove_prefix(at);
    return digits;
}

Result<std::int64_t> parse(std::string_view text, int extra_decimal) {
    const std::string_view whole = text;
    if (text.empty() || text.size() > 64) return refused(whole, "is not a quantity");
    if (text.front() == '-') return refused(whole, "is negative");
    if (text.front() == '+') text.remove_prefix(1);
    const Digits digits = take_digits(text);
    Suffix suffix;
    if (!digits.any || !parse_suffix(text, suffix)) return refused(whole, "is not a quantity");
    if (digits.too_long) return refused(whole, "is too large");

    Int128 value = digits.value;
    for (int i = 0; i < suffix.binary; ++i) {
        value *= 1024;
        if (value > kMax * 1'000'000'000) return refused(whole, "is too large");
    }
    int decimal = suffix.decimal - digits.scale + extra_decimal;
    for (; decimal > 0 && value != 0; --decimal) {
        value *= 10;
        if (value > kMax * 1'000'000'000) return refused(whole, "is too large");
    }
    bool remainder = false;
    for (; decimal < 0 && value != 0; ++decimal) {
        remainder = remainder || value % 10 != 0;
        value /= 10;
        if (value == 0) break;
    }
    if (remainder) ++value;  // up, as the API server rounds: never less memory than was said
    if (value > kMax) return refused(whole, "is too large");
    return static_cast<std::int64_t>(value);
}

}  // namespace

Result<std::int64_t> parse_quantity(std::string_view text) {
    return parse(text, 0);
}

Result<std::int64_t> parse_milli_quantity(std::string_view text) {
    return parse(text, 3);
}

}  // namespace helix::cluster
