#include "service/cli/humanize.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "service/wire/timestamps.hpp"

namespace helix::cli {

std::string human_bytes(std::int64_t bytes) {
    constexpr std::array<const char*, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (std::abs(amount) >= 1024.0 && unit + 1 < kUnits.size()) {
        amount /= 1024.0;
        ++unit;
    }
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", amount, kUnits.at(unit));
    return text.data();
}

std::string human_count(std::uint64_t count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
    return digits;
}

std::string human_percent(double percent, int decimals) {
    const double scale = std::pow(10.0, decimals);
    // A hair less than one step is taken off first, so that 71.3 (not exact in binary) stays 71.3.
    const double up = std::ceil(percent * scale - 1e-6) / scale + 0.0;  // never -0
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, up);
    std::string result = text.data();
    if (decimals > 0) {
        result.erase(result.find_last_not_of('0') + 1);
        if (result.back() == '.') result.pop_back();
    }
    return result + " %";
}

std::string human_percent_digits(std::string_view digits, std::size_t decimals) {
    const std::size_t point = digits.find('.');
    if (point == std::string_view::npos) return std::string(digits) + " %";
    return std::string(digits.substr(0, point + 1 + decimals)) + " %";
}

std::string human_age(std::int64_t age_us) {
    const std::int64_t seconds = age_us > 0 ? age_us / 1'000'000 : 0;
    if (seconds < 120) return std::to_string(seconds) + "s";
    if (seconds < 120 * 60) return std::to_string(seconds / 60) + "m";
    if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

std::string human_age_of(std::string_view at, std::int64_t now_us) {
    if (at.empty()) return "-";
    const auto when = wire::from_rfc3339(at);
    return when ? human_age(now_us - *when) : "-";
}

}  // namespace helix::cli
