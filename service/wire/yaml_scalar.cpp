#include "service/wire/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace helix::wire {
namespace {

using nlohmann::json;

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<json> word(std::string_view text) {
    constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                        "True", "TRUE", "on",  "On",  "ON"};
    constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                         "False", "FALSE", "off", "Off", "OFF"};
    constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
    constexpr std::array<std::string_view, 3> kNan = {".nan", ".NaN", ".NAN"};
    constexpr std::array<std::string_view, 9> kInf = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                      "+.INF", "-.inf", "-.Inf", "-.INF"};
    if (one_of(text, kTrue)) return true;
    if (one_of(text, kFalse)) return false;
    if (one_of(text, kNull)) return nullptr;
    if (one_of(text, kNan)) return std::numeric_limits<double>::quiet_NaN();
    if (one_of(text, kInf)) return std::numeric_limits<double>::infinity();
    return std::nullopt;
}

/// Takes the sign and the prefix of `digits` off and says which base they mean.
int take_base(std::string_view& digits) {
    if (digits.size() < 2 || digits[0] != '0') return 10;
    const char mark = digits[1];
    const int base = mark == 'x' || mark == 'X'   ? 16
                     : mark == 'o' || mark == 'O' ? 8
                     : mark == 'b' || mark == 'B' ? 2
                                                  : 0;
    digits.remove_prefix(base == 0 ? 1 : 2);
    return base == 0 ? 8 : base;
}

std::optional<json> integer(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const int base = take_base(text);
    if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
    std::uint64_t size = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size, base);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (!negative) return size > kMost ? json(size) : json(static_cast<std::int64_t>(size));
    if (size > kMost) return std::nullopt;
    return -static_cast<std::int64_t>(size);
}

bool take_some_digits(std::string_view& text) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits > 0;
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const bool whole = take_some_digits(text);
    bool some = whole;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        some = take_some_digits(text) || whole;
    }
    if (some && (text.starts_with('e') || text.starts_with('E'))) {
        text.remove_prefix(1);
        if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
        some = take_some_digits(text);
    }
    return some && text.empty();
}

std::optional<json> floating(std::string_view text) {
    if (!looks_like_float(text)) return std::nullopt;
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    constexpr double kExact = 9'007'199'254'740'992.0;
    if (std::abs(value) <= kExact && std::trunc(value) == value) return static_cast<std::int64_t>(value);
    return value;
}

}  // namespace

json resolve_plain_scalar(const std::string& text) {
    if (auto found = word(text)) return *std::move(found);
    const char first = text.front();
    const bool number = (first >= '0' && first <= '9') || first == '-' || first == '+';
    if (!number && first != '.') return text;
    std::string plain = text;
    if (number) plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    if (number)
        if (auto found = integer(plain)) return *std::move(found);
    if (auto found = floating(plain)) return *std::move(found);
    return text;
}

}  // namespace helix::wire
