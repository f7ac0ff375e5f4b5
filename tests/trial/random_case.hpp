#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/trial/cases.hpp"

/// Seeded evidence sets of every kind, for properties and for the bench.
namespace helix::trial::testing {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    /// 0 .. below-1
    std::uint64_t roll(std::uint64_t below) { return engine_() % below; }
    bool chance(std::uint64_t one_in) { return roll(one_in) == 0; }

private:
    std::mt19937_64 engine_;
};

/// A testimony such as readers make them: clean without defects, violations with, anything with or without else.
inline Testimony random_testimony(Dice& dice, Gate gate) {
    Testimony testimony = silent(gate, static_cast<EvidenceState>(dice.roll(9)));
    if (dice.chance(2)) testimony.state = EvidenceState::Clean;
    if (testimony.state == EvidenceState::Clean) return testimony;
    const std::uint64_t least = testimony.state == EvidenceState::Violations ? 1 : 0;
    const std::uint64_t defects = least + dice.roll(4);
    for (std::uint64_t i = 0; i < defects; ++i) {
        const auto grade = static_cast<Grade>(dice.roll(kGradeCount));
        // Graver grades are rolled again once: else nearly everything is denied.
        const auto chosen = law_of(Layer::L3).denies.has(grade) ? static_cast<Grade>(dice.roll(kGradeCount)) : grade;
        testimony.defects.push_back(defect(chosen, "rule-" + std::to_string(i), dice.chance(2) ? "web" : ""));
        testimony.defects.back().count = static_cast<std::int64_t>(1 + dice.roll(9));
    }
    return testimony;
}

inline Case random_case(std::uint64_t seed) {
    Dice dice(seed);
    Case input;
    input.layer = static_cast<Layer>(dice.roll(8));
    input.floor = static_cast<Hundredths>(dice.chance(2) ? 50 : dice.roll(101));
    for (const Gate gate : kGates) {
        if (!dice.chance(8)) input.gates.add(gate);
        if (!dice.chance(16)) input.testimonies.push_back(random_testimony(dice, gate));
    }
    input.tolerate = dice.chance(3);
    if (dice.chance(4)) input.unlimited = {"web"};
    if (dice.chance(4)) input.without_digest = {"web"};
    input.approved = !dice.chance(3);
    input.served = !dice.chance(3);
    input.subject_found = !dice.chance(16);
    return input;
}

}  // namespace helix::trial::testing
