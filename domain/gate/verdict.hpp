#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/gate/effect.hpp"

namespace helix::gate {

/// Why a write passes or not.
enum class Why {
    Neutral,            ///< passes: no memory moves
    Safe,               ///< passes: every touched unit keeps its floor in every case
    Release,            ///< passes: memory is only released, on units above their floor
    Relief,             ///< passes: it lowers every BREAK unit that it touches
    FloorBreak,         ///< some placement puts a unit below its floor
    BreakUnit,          ///< it could raise use on a unit that is below its floor already
    ReliefNeedsReason,  ///< it would be relief, but the reason names no γ₁ floor signal
    ReliefOff,          ///< relief is switched off
    UnknownMemory,      ///< a pod to come has no request, no history and no limit
    StaleMetrics,       ///< a unit's figure is missing or too old
    UnreadableFloor,    ///< a unit's floor annotation is no percentage
    Unmodelled,         ///< a kind the gate knows nothing of
};

/// Stable lower-case name: "safe", "floor-break", "stale-metrics", ...
std::string_view to_string(Why why);

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
};

/// Old pods on one unit with equal requests that may leave.
struct JudgedLeaving {
    Amounts request;
    std::vector<Bytes> uses;
    int group = -1;
    std::int64_t gone = 0;  ///< in the worst case the so many smallest have left
};

/// One touched unit.
struct UnitCase {
    std::string unit;
    Bytes capacity = 0;
    std::int64_t floor_share = 0;
    Bytes limit = 0;
    Bytes used = 0;     ///< metrics plus estimates of pods that metrics do not show yet
    Bytes after = 0;    ///< worst case
    Bytes settled = 0;  ///< worst case once everything that leaves has left
    Amounts free;
    std::uint32_t row = 0;          ///< into Verdict::most and Verdict::placed, times groups.size()
    std::int32_t leaving_from = 0;  ///< into Verdict::leaving
    std::int32_t leaving_to = 0;
    bool exact = true;
    Why why = Why::Safe;
};

/// A change that the gate has itself judged and that would pass.
struct Remedy {
    std::string what;                      ///< "scale to 4", "cordon n2 first", "spread over hostname, maxSkew 1"
    std::optional<std::int64_t> replicas;  ///< when it is a smaller count
    std::vector<std::string> cordon;       ///< when units are to be cordoned first
};

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
    std::vector<UnitCase> cases;         ///< one per touched unit
    std::vector<std::int64_t> most;      ///< [case][group]: bound on the count there, 0 for a unit that takes none
    std::vector<std::int64_t> placed;    ///< [case][group]: the counts of the worst case
    std::vector<JudgedLeaving> leaving;  ///< grouped by case
    int worst = -1;                      ///< index of the case that decided; -1: none

    std::optional<std::int64_t> max_safe;  ///< scale, create: the largest count that would pass
    std::vector<Remedy> remedies;
    std::uint64_t state_version = 0;
    std::int64_t units_seen = 0;
};

}  // namespace helix::gate
