#include <array>
#include <limits>

#include "domain/core/int128.hpp"
#include "domain/trial/trial.hpp"

namespace helix::trial {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr Int128 kMaxNanos = Int128{10} * 366 * 86'400 * kNanosPerSecond;
constexpr int kDigitsMax = 18;  // as many as an int64 holds, whatever they are

struct Unit {
    std::string_view name;
    std::int64_t nanos = 1;
};

/// Longer names before their beginnings: "ms" is not "m" followed by something else.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00b5s", 1'000},
                                         {"\u03bcs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", kNanosPerSecond},
                                         {"m", 60 * kNanosPerSecond},
                                         {"h", 3600 * kNanosPerSecond}}};

/// Digits at the front of a text, taken off it.
struct Digits {
    Int128 value = 0;
    Int128 scale = 1;  ///< 10 to the number of digits
    int count = 0;
};

Digits take_digits(std::string_view& text) {
    Digits digits;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        ++digits.count;
        if (digits.count <= kDigitsMax) {
            digits.value = digits.value * 10 + (text.front() - '0');
            digits.scale *= 10;
        }
        text.remove_prefix(1);
    }
    return digits;
}

const Unit* take_unit(std::string_view& text) {
    for (const Unit& unit : kUnits)
        if (text.substr(0, unit.name.size()) == unit.name) {
            text.remove_prefix(unit.name.size());
            return &unit;
        }
    return nullptr;
}

/// One "1.5h" taken off the front, in nanoseconds.
std::optional<Int128> take_part(std::string_view& text) {
    const Digits whole = take_digits(text);
    if (whole.count > kDigitsMax) return std::nullopt;
    Digits fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = take_digits(text);  // digits beyond those kept are below a nanosecond
    }
    if (whole.count + fraction.count == 0) return std::nullopt;
    const Unit* unit = take_unit(text);
    if (unit == nullptr) return std::nullopt;
    return whole.value * unit->nanos + fraction.value * unit->nanos / fraction.scale;
}

/// `value` of `per_unit` parts each, with as many decimals as it has: 1500000, 1000000 -> "1.5".
std::string with_fraction(std::int64_t value, std::int64_t per_unit) {
    std::string text = std::to_string(value / per_unit);
    std::int64_t rest = value % per_unit;
    if (rest == 0) return text;
    text += '.';
    for (; rest != 0; rest %= per_unit) {
        rest *= 10;
        text += static_cast<char>('0' + rest / per_unit);
    }
    return text;
}

}  // namespace

std::optional<Micros> parse_duration(std::string_view text) {
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    if (text == "0") return 0;
    if (text.empty()) return std::nullopt;
    Int128 nanos = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part) return std::nullopt;
        nanos += *part;
        if (nanos > kMaxNanos) return std::nullopt;
    }
    return static_cast<Micros>(nanos / 1'000);
}

std::string to_duration(Micros duration) {
    if (duration <= 0) return "0s";
    if (duration < 1'000) return std::to_string(duration) + "\u00b5s";
    if (duration < 1'000'000) return with_fraction(duration, 1'000) + "ms";
    const std::int64_t minutes = duration / 60'000'000;
    std::string text = with_fraction(duration % 60'000'000, 1'000'000) + "s";
    if (minutes > 0) text = std::to_string(minutes % 60) + "m" + text;
    if (minutes >= 60) text = std::to_string(minutes / 60) + "h" + text;
    return text;
}

}  // namespace helix::trial
