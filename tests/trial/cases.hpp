#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/trial/score.hpp"

/// Evidence sets for tests.
namespace helix::trial::testing {

inline Testimony silent(Gate gate, EvidenceState state = EvidenceState::Clean) {
    Testimony testimony;
    testimony.gate = gate;
    testimony.state = state;
    return testimony;
}

inline Defect defect(Grade grade, std::string rule, std::string container = {}) {
    Defect defect;
    defect.grade = grade;
    defect.rule = std::move(rule);
    defect.container = std::move(container);
    return defect;
}

inline Testimony with(Gate gate, std::vector<Defect> defects, EvidenceState state = EvidenceState::Violations) {
    Testimony testimony = silent(gate, state);
    testimony.defects = std::move(defects);
    return testimony;
}

/// A case in which all five gates are asked and clean, the time is served and nothing is missing.
inline Case spotless(Layer layer) {
    Case input;
    input.layer = layer;
    input.gates = GateSet::all();
    for (const Gate gate : kGates) input.testimonies.push_back(silent(gate));
    input.served = true;
    return input;
}

inline Testimony& of(Case& input, Gate gate) {
    return input.testimonies[static_cast<std::size_t>(gate)];
}

/// The gate that speaks of such a grade; conftest for those that any gate may use.
inline Gate gate_of(Grade grade) {
    switch (grade) {
        case Grade::KyvernoViolation:
            return Gate::Kyverno;
        case Grade::GatekeeperViolation:
        case Grade::GatekeeperWarn:
            return Gate::Gatekeeper;
        case Grade::FalcoCritical:
        case Grade::FalcoHigh:
        case Grade::FalcoMedium:
        case Grade::FalcoLow:
            return Gate::Falco;
        case Grade::TrivyCritical:
        case Grade::TrivyHigh:
            return Gate::Trivy;
        default:
            return Gate::Conftest;
    }
}

/// Adds a defect to its gate's testimony; a clean gate has violations then.
inline void charge(Case& input, Grade grade, const std::string& rule) {
    Testimony& testimony = of(input, gate_of(grade));
    testimony.defects.push_back(defect(grade, rule));
    if (testimony.state == EvidenceState::Clean) testimony.state = EvidenceState::Violations;
}

}  // namespace helix::trial::testing
