#include "domain/gate/gate.hpp"

#include <algorithm>

#include "domain/gate/judgement.hpp"
#include "domain/gate/reason.hpp"
#include "domain/gate/remedies.hpp"

namespace helix::gate {
namespace {

using cluster::State;

std::string sentence(const Verdict& verdict, const Effect& effect) {
    const std::string percent = cluster::micro_pct_text(verdict.after_micro_pct);
    const bool none = verdict.worst < 0;
    const std::string where = none ? "a unit" : verdict.cases.name(static_cast<std::size_t>(verdict.worst));
    switch (verdict.why) {
        case Why::Neutral:
            return "no memory moves";
        case Why::Safe:
            if (none) return "no unit is touched";
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
        case Why::EngineDisagreement:
        case Why::EngineSilent:
            break;  // not for the gate's own rules to say
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
                                        std::span<const Request> plan, const Settings& settings,
                                        const Witness& witness) {
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
        if (witness) witness(*effect, earlier);
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
