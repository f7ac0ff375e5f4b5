#include "domain/gate/tally.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "domain/cluster/floor.hpp"

namespace helix::gate {
namespace {

/// Headroom as a fraction of capacity, compared without division.
struct Headroom {
    Bytes free = 0;
    Bytes capacity = 1;

    friend bool operator<(const Headroom& a, const Headroom& b) {
        return static_cast<Int128>(a.free) * b.capacity < static_cast<Int128>(b.free) * a.capacity;
    }
};

Headroom headroom(const UnitSums& unit, Bytes use) {
    return Headroom{unit.capacity - use, std::max<Bytes>(unit.capacity, 1)};
}

/// Sorted headrooms compared lexicographically; the first difference decides. Units that keep theirs stand in both
/// lists alike and cancel out.
Position compared(const UnitCases& cases) {
    std::vector<Headroom> before;
    std::vector<Headroom> after;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const UnitSums unit = cases.sums(i);
        if (unit.settled == unit.used) continue;
        before.push_back(headroom(unit, unit.used));
        after.push_back(headroom(unit, unit.settled));
    }
    const auto lowest = [](const std::vector<Headroom>& all) { return *std::min_element(all.begin(), all.end()); };
    if (lowest(before) < lowest(after)) return Position::Improves;
    if (lowest(after) < lowest(before)) return Position::Worsens;
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] < after[i]) return Position::Improves;
        if (after[i] < before[i]) return Position::Worsens;
    }
    return Position::Keeps;
}

}  // namespace

void Tally::take_as_fullest(const UnitSums& unit) {
    const std::int64_t micro_pct = cluster::used_micro_pct(unit.capacity, unit.after);
    if (fullest_ >= 0 && micro_pct <= fullest_micro_pct_) return;
    fullest_ = count_;
    fullest_micro_pct_ = micro_pct;
    capacity_ = unit.capacity;
    after_ = unit.after;
}

/// Where every unit that changes changes the same way, so do the sorted headrooms.
Position Tally::position(const UnitCases& cases) const {
    if (raised_ && lowered_) return compared(cases);
    if (raised_) return Position::Worsens;
    return lowered_ ? Position::Improves : Position::Keeps;
}

}  // namespace helix::gate
