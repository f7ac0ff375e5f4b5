#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/cluster/pod_shape.hpp"
#include "domain/core/result.hpp"

namespace helix::cluster {

/// A floor: the share of a unit's memory that must stay free, in 10^-15 percent. The default is γ₁.
struct Floor {
    /// γ₁ = 14.134725141734693 percent, the imaginary part of the first zeta zero. Never a double.
    static constexpr std::int64_t kGamma1 = 14'134'725'141'734'693;
    /// 100 percent.
    static constexpr std::int64_t kWhole = 100'000'000'000'000'000;

    std::int64_t share = kGamma1;

    friend bool operator==(const Floor&, const Floor&) = default;
};

/// Reads a floor in percent ("20", "15.5", at most 15 decimals). A floor below γ₁ becomes γ₁.
/// Errors: InvalidArgument when it is no decimal in [0, 100].
Result<Floor> parse_floor(std::string_view percent);

/// Whether a unit of `capacity` bytes keeps its floor with `used` bytes in use:
///
///     (capacity - used) * 10^17 >= share * capacity
bool keeps_floor(Bytes capacity, Bytes used, Floor floor);

/// The most bytes that may be in use with the floor kept; negative when none may.
Bytes most_used(Bytes capacity, Floor floor);

/// Use in millionths of a percent, rounded up; at most 9e18. A unit without capacity is wholly used.
std::int64_t used_micro_pct(Bytes capacity, Bytes used);

/// "85.865275" from 85865275: six decimals, trailing zeros kept.
std::string micro_pct_text(std::int64_t micro_pct);

}  // namespace helix::cluster
