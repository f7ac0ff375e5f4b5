#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "domain/trial/law.hpp"

/// The formula without words: counts in, warmth and verdict out. No allocation; score() adds the words.
namespace helix::trial {

enum class Verdict : std::uint8_t { Pending, Admit, Watch, Deny };

/// "PENDING", "ADMIT", ...
std::string_view to_string(Verdict verdict);

/// An evidence set, counted.
struct Counted {
    Layer layer = Layer::L0;
    Hundredths floor = 0;                              ///< the trial's own
    GateSet asked;                                     ///< spec.gates: these may earn the bonus
    GateSet testified;                                 ///< have spoken about all of the subject
    GateSet clean;                                     ///< and found nothing
    std::array<std::uint32_t, kGradeCount> defects{};  ///< how many, by grade
    bool unlimited = false;                            ///< some container has no limits
    bool without_digest = false;                       ///< some image is not named by its digest
    bool tolerate = false;
    bool approved = false;
    bool served = false;
    bool subject_found = true;
};

/// Why a verdict is not ADMIT whatever the warmth.
enum class Cap : std::uint8_t {
    SubjectMissing,
    NobodyTestified,
    Waiting,      ///< a gate that must testify has not, and that is not tolerated
    FalcoMedium,  ///< a medium alert: at most WATCH
    Unlimited,
    WithoutDigest,
    NotImmaculate,
    NotApproved,
    FloorTooHigh,  ///< floor + margin is beyond 1.00
};
inline constexpr unsigned kCapCount = 9;
using CapSet = EnumSet<Cap, kCapCount>;

struct Weighed {
    Hundredths raw = 0;     ///< base plus every term
    Hundredths warmth = 0;  ///< raw, within 0 .. 100
    Hundredths floor = 0;   ///< the one used
    Verdict verdict = Verdict::Pending;
    bool final = false;
    bool awaits_approval = false;  ///< the approval is all that is missing for an ADMIT
    bool limits_deny = false;      ///< the missing limits are a hard deny here
    bool closed = false;           ///< the layer admits nothing
    GradeSet hard_denies;          ///< grades among the defects that deny whatever the warmth
    CapSet caps;
    GateSet waiting_for;  ///< asked or required, and has not testified

    friend bool operator==(const Weighed&, const Weighed&) = default;
};

/// The PEMLAAM formula; docs/trial-law.md tells it for people.
Weighed weigh(const Counted& counted);

}  // namespace helix::trial
