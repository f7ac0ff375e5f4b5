#include "domain/cluster/floor.hpp"

#include <algorithm>
#include <limits>

#include "domain/core/int128.hpp"

namespace helix::cluster {
namespace {

constexpr int kDecimals = 15;

Error not_a_floor(std::string_view percent) {
    return error(Code::InvalidArgument, "floor \"" + std::string(percent.substr(0, 40)) + "\" is not a percentage",
                 "write a decimal from 0 to 100 with at most 15 decimals, like 20 or 15.5");
}

}  // namespace

Result<Floor> parse_floor(std::string_view percent) {
    Int128 value = 0;
    int decimals = -1;  // -1 until the point
    int digits = 0;
    for (const char c : percent) {
        if (c == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || decimals == kDecimals || digits > 20) return not_a_floor(percent);
        value = value * 10 + (c - '0');
        ++digits;
        if (decimals >= 0) ++decimals;
    }
    if (digits == 0) return not_a_floor(percent);
    for (int i = std::max(decimals, 0); i < kDecimals; ++i) value *= 10;
    if (value > Floor::kWhole) return not_a_floor(percent);
    return Floor{std::max(static_cast<std::int64_t>(value), Floor::kGamma1)};
}

bool keeps_floor(Bytes capacity, Bytes used, Floor floor) {
    return (static_cast<Int128>(capacity) - used) * Floor::kWhole >= static_cast<Int128>(floor.share) * capacity;
}

Bytes most_used(Bytes capacity, Floor floor) {
    const Int128 reserved = static_cast<Int128>(floor.share) * capacity;
    const Int128 free = (reserved + Floor::kWhole - 1) / Floor::kWhole;
    return static_cast<Bytes>(capacity - free);
}

std::int64_t used_micro_pct(Bytes capacity, Bytes used) {
    constexpr Int128 kHundredPercent = 100'000'000;
    if (capacity <= 0) return static_cast<std::int64_t>(kHundredPercent);
    const Int128 scaled = static_cast<Int128>(std::max<Bytes>(used, 0)) * kHundredPercent;
    const Int128 rounded_up = (scaled + capacity - 1) / capacity;
    return static_cast<std::int64_t>(std::min<Int128>(rounded_up, std::numeric_limits<std::int64_t>::max()));
}

std::string micro_pct_text(std::int64_t micro_pct) {
    const std::string decimals = std::to_string(micro_pct % 1'000'000);
    return std::to_string(micro_pct / 1'000'000) + "." + std::string(6 - decimals.size(), '0') + decimals;
}

}  // namespace helix::cluster
