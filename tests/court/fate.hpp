#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "service/ports/clock.hpp"
#include "service/ports/id_source.hpp"

namespace helix::testing {

using Micros = std::int64_t;
inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;

/// Virtual time: `truth` passes evenly, the wall clock shows it with an offset that may jump.
class JumpingClock : public ports::Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override { return truth + offset; }
    [[nodiscard]] std::int64_t steady_us() const override { return truth; }

    Micros truth = 1'798'761'600 * kSecond;
    Micros offset = 0;
};

/// Identifiers in a row, so that equal runs give equal records.
class CountedIds : public ports::IdSource {
public:
    std::string ulid() override {
        const std::string digits = std::to_string(++count_);
        return "01" + std::string(24 - digits.size(), '0') + digits;
    }

private:
    std::uint64_t count_ = 0;
};

/// Thrown where a process is killed: everything that it held in memory is dropped.
struct Killed {};

/// What goes wrong, seeded: which call fails, and where the process dies.
class Fate {
public:
    explicit Fate(std::uint64_t seed) : random_(seed) {}

    /// Of 1,000 calls so many come out badly, while `armed`.
    bool strikes(int per_mille) {
        if (!armed || per_mille == 0 || pick(0, 999) >= per_mille) return false;
        struck = true;
        return true;
    }
    /// Between any two steps of a process.
    void maybe_kill(int per_mille) {
        if (strikes(per_mille)) throw Killed{};
    }
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    Micros time(Micros low, Micros high) { return std::uniform_int_distribution<Micros>(low, high)(random_); }
    bool chance(int percent) { return pick(0, 99) < percent; }

    bool armed = false;
    bool struck = false;  ///< something came out badly since this was last cleared

private:
    std::mt19937_64 random_;
};

}  // namespace helix::testing
