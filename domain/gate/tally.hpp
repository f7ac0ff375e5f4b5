#pragma once

#include <cstdint>

#include "domain/core/int128.hpp"
#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// What a verdict says of all its units together, kept while they are added one by one.
class Tally {
public:
    /// The next unit, in the order of the verdict's cases.
    void add(const UnitSums& unit) {
        if (unit.settled > unit.used) raised_ = true;
        if (unit.settled < unit.used) lowered_ = true;
        if (!no_fuller(unit)) take_as_fullest(unit);
        ++count_;
    }

    /// Index of the unit with the highest use in percent, the first of equals; -1: there is none.
    [[nodiscard]] int fullest() const { return fullest_; }
    /// Its use, in millionths of a percent, rounded up.
    [[nodiscard]] std::int64_t fullest_micro_pct() const { return fullest_micro_pct_; }

    /// Rδ: the sorted headrooms of `cases`, all of which were added, before against after.
    [[nodiscard]] Position position(const UnitCases& cases) const;

private:
    /// Whether `unit` is certainly no fuller than the fullest; spares a division for most units.
    [[nodiscard]] bool no_fuller(const UnitSums& unit) const {
        return fullest_ >= 0 && unit.capacity > 0 && capacity_ > 0 &&
               static_cast<Int128>(unit.after) * capacity_ <= static_cast<Int128>(after_) * unit.capacity;
    }
    void take_as_fullest(const UnitSums& unit);

    int count_ = 0;
    int fullest_ = -1;
    std::int64_t fullest_micro_pct_ = 0;
    Bytes capacity_ = 0;  // of the fullest, and its use in the worst case
    Bytes after_ = 0;
    bool raised_ = false;
    bool lowered_ = false;
};

}  // namespace helix::gate
