#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/trial/evidence.hpp"
#include "domain/trial/law.hpp"
#include "domain/trial/weigh.hpp"

namespace helix::trial {

/// Everything a verdict depends on.
struct Case {
    Layer layer = Layer::L0;
    Hundredths floor = 0;                     ///< spec.warmthFloor; the layer's floor holds when it is higher
    GateSet gates;                            ///< spec.gates
    bool tolerate = false;                    ///< pendingGates: Tolerate
    std::vector<Testimony> testimonies;       ///< one per gate of kGates that was asked, in that order
    std::vector<std::string> unlimited;       ///< containers without limits
    std::vector<std::string> without_digest;  ///< containers whose image is not named by digest
    bool approved = false;                    ///< the approval that the layer asks for was given
    bool served = false;                      ///< the trial's duration has passed
    bool subject_found = true;
};

/// One summand of the warmth.
struct Term {
    std::optional<Gate> gate;  ///< none: the court's own (limits)
    std::string cause;         ///< "kyverno require-labels/check-team (web)"
    Hundredths each = 0;
    Hundredths amount = 0;   ///< negative: a deduction
    std::int64_t count = 1;  ///< raw count, for the reader; the amount does not depend on it
};

/// A SORRY: what is wrong, why it matters, what would mend it, and how much warmth that gives back.
struct Sorry {
    std::string what;
    std::string why;
    std::string mend;
    Hundredths gives_back = 0;      ///< warmth once only this is mended, less the warmth now: 0 where bonuses hide it
    Hundredths gives_back_raw = 0;  ///< the same before the clamp
};

struct Score {
    static constexpr Hundredths kBase = 100;
    std::vector<Term> deductions;
    std::vector<Term> bonuses;
    Hundredths raw = 0;     ///< base plus every term
    Hundredths warmth = 0;  ///< raw, within 0 .. 100
    Hundredths floor = 0;   ///< the one used
    Verdict verdict = Verdict::Pending;
    bool final = false;
    bool promote = false;                  ///< ADMIT and final
    bool awaits_approval = false;          ///< the layer's approval is all that is missing for an ADMIT
    std::vector<std::string> hard_denies;  ///< why DENY whatever the warmth
    std::vector<std::string> caps;         ///< why not ADMIT whatever the warmth
    std::vector<Gate> waiting_for;         ///< gates that must testify and have not
    std::vector<Sorry> sorries;            ///< what to mend, gravest first; of an ADMIT: what would warm it further
};

/// The PEMLAAM formula, in exact hundredths.
///
/// Laws: 0 <= warmth <= 100; one more defect never raises it; a hard deny always denies; the order of evidence does not
/// matter. ADMIT is final only when the duration has passed; a hard deny is final at once.
Score score(const Case& input);

/// "0.85", "-0.30"
std::string to_decimal(Hundredths value);

}  // namespace helix::trial
