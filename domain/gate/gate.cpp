#include "domain/gate/gate.hpp"

#include <algorithm>

#include "domain/core/int128.hpp"
#include "domain/gate/judgement.hpp"
#include "domain/gate/reason.hpp"
#include "domain/gate/remedies.hpp"

namespace helix::gate {
namespace {

using cluster::State;

/// Headroom as a fraction of capacity, compared without division.
struct Headroom {
    Bytes free = 0;
    Bytes capacity = 1;

    friend bool operator<(const Headroom& a, const Headroom& b) {
        return static_cast<Int128>(a.free) * b.capacity < static_cast<Int128>(b.free) * a.capacity;
    }
};

/// Rδ: sorted headrooms compared lexicographically; the first difference decides. Units that keep theirs stand in both
/// lists alike and cancel out, so only the others are looked at; they are sorted only when their lowest are equal.
Position position_of(const std::vector<UnitCase>& cases) {
    const auto headroom = [](const UnitCase& unit, Bytes use) {
        return Headroom{unit.capacity - use, std::max<Bytes>(unit.capacity, 1)};
    };
    std::optional<Headroom> lowest_before;
    std::optional<Headroom> lowest_after;
    for (const UnitCase& unit : cases) {
        if (unit.settled == unit.used) continue;
        const Headroom before = headroom(unit, unit.used);
        const Headroom after = headroom(unit, unit.settled);
        if (!lowest_before || before < *lowest_before) lowest_before = before;
        if (!lowest_after || after < *lowest_after) lowest_after = after;
    }
    if (!lowest_before) return Position::Keeps;
    if (*lowest_before < *lowest_after) return Position::Improves;
    if (*lowest_after < *lowest_before) return Position::Worsens;
    std::vector<Headroom> before;
    std::vector<Headroom> after;
    for (const UnitCase& unit : cases) {
        before.push_back(headroom(unit, unit.used));
        after.push_back(headroom(unit, unit.settled));
    }
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] < after[i]) return Position::Improves;
        if (after[i] < before[i]) return Position::Worsens;
    }
    return Position::Keeps;
}

/// Whether `unit` is certainly no fuller than `other`; spares a division for most units.
bool no_fuller(const UnitCase& unit, const UnitCase& other) {
    return unit.capacity > 0 && other.capacity > 0 &&
           static_cast<Int128>(unit.after) * other.capacity <= static_cast<Int128>(other.after) * unit.capacity;
}

/// The highest use in percent over the touched units: the figure that people read, and the case it belongs to.
void rank(Verdict& verdict) {
    int highest = -1;
    for (int i = 0; i < static_cast<int>(verdict.cases.size()); ++i) {
        const UnitCase& unit = verdict.cases[static_cast<std::size_t>(i)];
        if (highest >= 0 && no_fuller(unit, verdict.cases[static_cast<std::size_t>(highest)])) continue;
        const std::int64_t pct = cluster::used_micro_pct(unit.capacity, unit.after);
        if (highest >= 0 && pct <= verdict.after_micro_pct) continue;
        highest = i;
        verdict.after_micro_pct = pct;
    }
    if (verdict.worst < 0) verdict.worst = highest;
}

std::string sentence(const Verdict& verdict, const Effect& effect) {
    const std::string percent = cluster::micro_pct_text(verdict.after_micro_pct);
    const UnitCase* unit = verdict.worst < 0 ? nullptr : &verdict.cases[static_cast<std::size_t>(verdict.worst)];
    const std::string where = unit == nullptr ? std::string("a unit") : unit->unit;
    switch (verdict.why) {
        case Why::Neutral:
            return "no memory moves";
        case Why::Safe:
            if (unit == nullptr) return "no unit is touched";
            return "every touched unit keeps its γ₁ floor in every case; the fullest is " + where + " at " + percent +
                   " %";
        case Why::Release:
            return "memory is only released";
        case Why::Relief:
            return verdict.improvement_certain
                       ? "relief: every BREAK unit touched is lowered in every case"
                       : "relief: memory is only released; which unit is lowered is up to the controller";
        case Why::FloorBreak:
            return where + " could reach " + percent + " % and fall below its γ₁ floor";
        case Why::BreakUnit:
            return where + " is below its γ₁ floor already and the write could raise its use";
        case Why::ReliefNeedsReason:
            return where +
                   " is below its γ₁ floor; a write that relieves it needs a reason that references the γ₁ floor";
        case Why::ReliefOff:
            return where + " is below its γ₁ floor and relief is switched off";
        case Why::UnknownMemory:
            return "unknown memory: pods that could land on " + where + " have no request, no history and no limit";
        case Why::StaleMetrics:
            return "stale metrics: the use of " + where + " is not known now";
        case Why::UnreadableFloor:
            return "the floor annotation of " + where + " is not a percentage";
        case Why::Unmodelled:
            return effect.unmodelled;
    }
    return {};
}

/// The number of pods that the latest release of `object` on its way leaves; none when no admitted write releases it.
std::optional<std::int64_t> planned_count(std::span<const Reservation> plan, const ObjectRef& object) {
    const OwnerKey subject{cluster::workload_kind(object.kind), object.ns, object.name};
    std::optional<std::int64_t> count;
    for (const Reservation& step : plan) {
        const Effect& effect = step.effect;
        if (!step.shown && effect.kind == EffectKind::Release && effect.subject == subject)
            count = static_cast<std::int64_t>(effect.released.size()) - effect.released_count;
    }
    return count;
}

}  // namespace

Verdict judge_effect(const State& state, std::span<const Reservation> reservations, const Effect& effect,
                     std::string_view reason, const Settings& settings) {
    Verdict verdict;
    verdict.effect = effect.kind;
    verdict.state_version = state.version();
    verdict.units_seen = static_cast<std::int64_t>(state.node_count());
    if (!effect.unmodelled.empty()) {
        verdict.why = Why::Unmodelled;
    } else if (effect.kind == EffectKind::Neutral) {
        verdict.passed = true;
        verdict.why = Why::Neutral;
    } else if (effect.kind == EffectKind::Release) {
        judge_release(state, effect, reason, settings, verdict);
    } else {
        judge_placements(state, lay_out(state, background_of(state, reservations, effect), effect), effect, reason,
                         settings, verdict);
    }
    rank(verdict);
    verdict.position = position_of(verdict.cases);
    verdict.reason = sentence(verdict, effect);
    return verdict;
}

Result<Verdict> judge(const State& state, std::span<const Reservation> reservations, const Request& asked,
                      const Settings& settings) {
    Request request = asked;
    if (!request.planned_count) request.planned_count = planned_count(reservations, asked.action.object);
    const auto effect = effect_of(request, state, settings);
    if (!effect) return effect.error();
    if (const auto reason = check_reason(request.action, state); !reason) return reason.error();
    Verdict verdict = judge_effect(state, reservations, *effect, request.action.reason, settings);
    if (!verdict.passed) propose(state, reservations, request, *effect, settings, verdict);
    return verdict;
}

Result<std::vector<Verdict>> judge_plan(const State& state, std::span<const Reservation> reservations,
                                        std::span<const Request> plan, const Settings& settings) {
    std::vector<Verdict> verdicts;
    std::vector<Reservation> earlier(reservations.begin(), reservations.end());
    Effect nodes;  // what the earlier actions do to nodes
    for (const Request& asked : plan) {
        Request request = asked;
        request.planned_count = planned_count(earlier, asked.action.object);
        auto effect = effect_of(request, state, settings);
        if (!effect) return effect.error();
        if (const auto reason = check_reason(request.action, state); !reason) return reason.error();
        carry_nodes(state, nodes, request.action.verb == Verb::Uncordon, *effect);
        verdicts.push_back(judge_effect(state, earlier, *effect, request.action.reason, settings));
        if (!verdicts.back().passed) {
            propose(state, earlier, request, *effect, settings, verdicts.back());
            break;
        }
        nodes.cordoned = effect->cordoned;
        nodes.changed_nodes = effect->changed_nodes;
        nodes.removed_nodes = effect->removed_nodes;
        effect->changed_nodes.clear();  // a plan's node changes are carried, in their order
        earlier.push_back(Reservation{"plan", *std::move(effect), settings.now, false});
    }
    return verdicts;
}

}  // namespace helix::gate
