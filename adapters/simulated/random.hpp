#pragma once

#include <cstdint>

namespace helix::simulated {

/// A small seeded generator (SplitMix64): the same seed gives the same numbers with every compiler and library.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// Uniform enough in [low, high]; `low` when the range is empty.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        if (high <= low) return low;
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }

    /// True in `chance` of 1,000 draws. Draws nothing when there is no chance, so that a fault left out costs no
    /// number.
    bool per_mille(int chance) { return chance > 0 && between(0, 999) < chance; }

    /// An independent stream: what one part draws does not shift another's numbers.
    Random fork() { return Random(next()); }

private:
    std::uint64_t state_;
};

}  // namespace helix::simulated
