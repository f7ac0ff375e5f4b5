#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/gate/effect.hpp"
#include "domain/gate/unit_cases.hpp"

namespace helix::gate {

/// Rδ: the lowest headrooms over the touched units, before against after.
enum class Position { Improves, Keeps, Worsens };

std::string_view to_string(Position position);

/// Where a group of pods to come was known from.
enum class Origin {
    Own,          ///< the write itself
    Pending,      ///< pods not bound yet, or that a controller is about to make
    Reservation,  ///< a write already admitted
};

std::string_view to_string(Origin origin);

/// Pods to come that the verdict reckoned with.
struct JudgedGroup {
    std::string owner;
    Origin origin = Origin::Own;
    std::int64_t count = 0;
    std::optional<Bytes> each;
    Amounts request;
    Coupling coupling = Coupling::Free;
    std::int64_t coupled_total = 0;

    friend bool operator==(const JudgedGroup&, const JudgedGroup&) = default;
};

/// A change that the gate has itself judged and that would pass.
struct Remedy {
    std::string what;                      ///< "scale to 4", "cordon n2 first", "spread over hostname, maxSkew 1"
    std::optional<std::int64_t> replicas;  ///< when it is a smaller count
    std::vector<std::string> cordon;       ///< when units are to be cordoned first
};

/// What one proof engine found of one write.
struct Finding {
    enum class Outcome {
        Holds,     ///< no unit that the write touches can be below its floor
        Breaks,    ///< some unit can
        NoAnswer,  ///< it cannot tell: no pass, and no contradiction to anybody
    };
    std::string engine;   ///< "builtin", "smt", "lean"
    std::string version;  ///< of the engine
    Outcome outcome = Outcome::NoAnswer;
    std::string detail;        ///< one sentence: the counterexample, or why there is no answer
    std::int64_t took_us = 0;  ///< wall time
};

/// "holds", "breaks", "no-answer".
std::string_view to_string(Finding::Outcome outcome);

/// What G and Rδ say of one write.
struct Verdict {
    bool passed = false;
    Why why = Why::Unmodelled;
    std::string reason;  ///< one sentence for people
    EffectKind effect = EffectKind::Neutral;
    Position position = Position::Keeps;
    std::int64_t after_micro_pct = 0;  ///< highest after-use over touched units, millionths of a percent, rounded up
    bool improvement_certain = false;  ///< relief: every BREAK unit touched is lowered whatever happens

    std::vector<JudgedGroup> groups;
    UnitCases cases;  ///< one per touched unit
    int worst = -1;   ///< index of the case that decided; -1: none

    std::optional<std::int64_t> max_safe;  ///< scale, create: the largest count that would pass
    std::vector<Remedy> remedies;
    std::uint64_t state_version = 0;
    std::int64_t units_seen = 0;
    std::vector<Finding> findings;  ///< of each engine asked; empty: the gate's own rules alone
};

}  // namespace helix::gate
