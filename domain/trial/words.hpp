#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/trial/score.hpp"

/// What the texts of a score have in common.
namespace helix::trial {

/// The evidence set of a case, counted: all that its verdict depends on.
Counted count(const Case& input);

/// Whether a testimony acquits: it is called clean, and indeed nothing is in it.
bool is_clean(const Testimony& testimony);

/// "kyverno require-labels/check-team (web)"
std::string cause_of(Gate gate, const Defect& defect);

/// "a, b, c"
std::string joined(const std::vector<std::string>& parts);

/// Gates of the set by name: "falco, trivy".
std::string joined(GateSet gates);

/// Pointers to the testimonies' defects by gate, policy, rule, container: the order in which evidence came is gone.
struct Charge {
    const Testimony* testimony = nullptr;
    const Defect* defect = nullptr;
};
std::vector<Charge> charges_of(const Case& input);

/// What could be mended and what it would give back, gravest first.
std::vector<Sorry> sorries_of(const Case& input, const Counted& counted, const Weighed& weighed);

}  // namespace helix::trial
