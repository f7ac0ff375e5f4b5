#include "service/usecases/run_cycle.hpp"

#include <algorithm>
#include <array>

#include "domain/ledger/digest.hpp"
#include "service/usecases/cycle_json.hpp"

namespace helix::usecases {
namespace {

using gate::Link;
using gate::Verb;

bool needs_preview(Verb verb) {
    switch (verb) {
        case Verb::Create:
        case Verb::Apply:
        case Verb::Patch:
        case Verb::SetImage:
        case Verb::SetResources:
            return true;
        default:
            return false;
    }
}

Error not_fresh(const ports::Target& target, const ports::Freshness& freshness) {
    Error failure = error(Code::Unavailable, "target " + target.name() + " is not in sync: " + freshness.problem,
                          "try again when /readyz names it ready; reads say their age", target.name());
    failure.retry_after_s = 5;
    return failure;
}

/// Where a plan's order goes back against the links' order, a new turn begins.
int turns_of(const std::vector<gate::Action>& actions) {
    int turns = 1;
    for (std::size_t i = 1; i < actions.size(); ++i)
        if (gate::link_of(actions[i].verb) < gate::link_of(actions[i - 1].verb)) ++turns;
    return turns;
}

/// Whether an action before `index` makes the namespace that the one there needs.
bool makes_namespace_of(const std::vector<gate::Action>& actions, std::size_t index) {
    const auto end = actions.begin() + static_cast<std::ptrdiff_t>(index);
    return std::any_of(actions.begin(), end, [&](const gate::Action& earlier) {
        return gate::link_of(earlier.verb) == Link::Create && earlier.object.kind == "Namespace" &&
               earlier.object.name == actions[index].object.ns;
    });
}

LinkState link_state(const Step& step) {
    switch (step.state) {
        case StepState::Done:
            return LinkState::Done;
        case StepState::Blocked:
        case StepState::NotReached:
        case StepState::WouldPass:
            return LinkState::NotReached;
        case StepState::Failed:
        case StepState::Unknown:
            return LinkState::Failed;
    }
    return LinkState::Idle;
}

/// The six links and G again, turn by turn, as the steps left them.
std::vector<LinkTrace> trace(const Cycle& cycle) {
    std::vector<LinkTrace> links;
    std::size_t step = 0;
    while (step < cycle.steps.size()) {
        std::size_t end = step + 1;
        while (end < cycle.steps.size() &&
               gate::link_of(cycle.steps[end].action.verb) >= gate::link_of(cycle.steps[end - 1].action.verb))
            ++end;
        const auto first = cycle.steps.begin() + static_cast<std::ptrdiff_t>(step);
        const auto last = cycle.steps.begin() + static_cast<std::ptrdiff_t>(end);
        const bool judged = std::any_of(first, last, [](const Step& s) { return s.verdict.has_value(); });
        const bool blocked = std::any_of(first, last, [](const Step& s) { return s.state == StepState::Blocked; });
        const bool wrote = std::any_of(first, last, [](const Step& s) { return s.result.has_value(); });
        const LinkState gate_state = !judged ? LinkState::NotReached : blocked ? LinkState::Blocked : LinkState::Done;
        links.push_back({Link::Gate, gate_state, 0});
        links.push_back({Link::Reason, gate_state, 0});
        for (const Link link : {Link::Create, Link::Read, Link::Update, Link::Delete}) {
            LinkState state = link == Link::Read && wrote ? LinkState::Done : LinkState::Idle;
            for (auto at = first; at != last; ++at)
                if (gate::link_of(at->action.verb) == link) state = std::max(state, link_state(*at));
            links.push_back({link, state, 0});
        }
        links.push_back({Link::Gate, wrote ? LinkState::Done : LinkState::NotReached, 0});
        step = end;
    }
    return links;
}

StepState state_of(ports::Outcome outcome) {
    switch (outcome) {
        case ports::Outcome::Applied:
            return StepState::Done;
        case ports::Outcome::NotApplied:
            return StepState::Failed;
        case ports::Outcome::Unknown:
            return StepState::Unknown;
    }
    return StepState::Unknown;
}

}  // namespace

/// What one turn works on.
struct RunCycle::Turn {
    TargetRuntime& runtime;
    const std::vector<gate::Request>& plan;  ///< of the steps that could be previewed at the start
    Cycle& cycle;

    /// The step was not written, because of `failure`.
    static void fail(Step& step, Error failure) {
        step.state = StepState::Failed;
        step.result = ports::WriteResult{};
        step.result->outcome = ports::Outcome::NotApplied;
        step.result->failure = std::move(failure);
    }
};

gate::Settings RunCycle::settings() const {
    gate::Settings settings;
    settings.now = clock_.now_us();
    settings.metrics_age_max = rules_.metrics_age_max_us;
    settings.relief = rules_.relief;
    settings.replicas_max = rules_.replicas_max;
    settings.neutral_kinds = rules_.neutral_kinds;
    return settings;
}

Result<gate::Request> RunCycle::preview(TargetRuntime& runtime, const gate::Action& action) const {
    gate::Request request{action, std::nullopt, std::nullopt};
    if (!needs_preview(action.verb)) return request;
    auto preview = runtime.target().preview(action);
    if (!preview) return std::move(preview).error();
    request.preview = *std::move(preview);
    return request;
}

/// The actions that can be judged now. What stands in a namespace that the plan itself is about to make cannot be
/// previewed yet: it and what follows is judged when its turn comes.
Result<std::vector<gate::Request>> RunCycle::prepare(TargetRuntime& runtime, const CycleRequest& request) const {
    if (request.actions.empty())
        return error(Code::InvalidArgument, "the request holds no action", "add at least one", "actions");
    if (const auto freshness = runtime.target().freshness(); !freshness.synced)
        return not_fresh(runtime.target(), freshness);
    std::vector<gate::Request> plan;
    for (std::size_t i = 0; i < request.actions.size(); ++i) {
        auto one = preview(runtime, request.actions[i]);
        if (!one) {
            const bool comes = one.error().code == Code::NotFound && makes_namespace_of(request.actions, i);
            if (comes) break;
            return std::move(one).error();
        }
        plan.push_back(*std::move(one));
    }
    return plan;
}

/// The cycle as judged before anything is written: each step blocked, not reached, or passing.
Result<Cycle> RunCycle::judge_all(TargetRuntime& runtime, const CycleRequest& request,
                                  const std::vector<gate::Request>& plan) const {
    Result<std::vector<gate::Verdict>> verdicts = std::vector<gate::Verdict>{};
    runtime.judge([&](const cluster::State& state, std::span<const gate::Reservation> reservations) {
        verdicts = gate::judge_plan(state, reservations, plan, settings());
    });
    if (!verdicts) return verdicts.error();
    Cycle cycle;
    cycle.target = runtime.target().name();
    cycle.target_kind = runtime.target().kind();
    cycle.actor = request.actor;
    cycle.idempotency_key = request.idempotency_key;
    cycle.turns = turns_of(request.actions);
    for (std::size_t i = 0; i < request.actions.size(); ++i) {
        Step step;
        step.action = request.actions[i];
        if (i < verdicts->size()) {
            step.state = (*verdicts)[i].passed ? StepState::WouldPass : StepState::Blocked;
            step.verdict = std::move((*verdicts)[i]);
        }
        cycle.steps.push_back(std::move(step));
    }
    return cycle;
}

Result<Cycle> RunCycle::judge_only(const CycleRequest& request) {
    const auto runtime = targets_.resolve(request.target);
    if (!runtime) return runtime.error();
    const auto plan = prepare(**runtime, request);
    if (!plan) return plan.error();
    auto cycle = judge_all(**runtime, request, *plan);
    if (!cycle) return cycle;
    cycle->id = ids_.ulid();
    cycle->dry_run = true;
    cycle->started_at_us = cycle->ended_at_us = clock_.now_us();
    cycle->links = trace(*cycle);
    return cycle;
}

Result<Cycle> RunCycle::run(const CycleRequest& request) {
    if (request.dry_run) return judge_only(request);
    const auto found = targets_.resolve(request.target);
    if (!found) return found.error();
    TargetRuntime& runtime = **found;
    const std::lock_guard turn_lock(runtime.turn());
    const std::int64_t started = clock_.now_us();
    const auto plan = prepare(runtime, request);
    if (!plan) return plan.error();
    auto cycle = judge_all(runtime, request, *plan);
    if (!cycle) return cycle;
    cycle->id = ids_.ulid();
    cycle->started_at_us = started;

    Turn turn{runtime, *plan, *cycle};
    for (std::size_t i = 0; i < cycle->steps.size(); ++i) {
        if (cycle->steps[i].state == StepState::Blocked) break;
        if (auto taken = take_step(turn, i); !taken) {
            if (i == 0) return std::move(taken).error();  // nothing was written at all
            Turn::fail(cycle->steps[i], std::move(taken).error());
        }
        if (cycle->steps[i].state != StepState::Done) break;
    }
    for (Step& step : cycle->steps)
        if (step.state == StepState::WouldPass) step.state = StepState::NotReached;
    re_read(runtime, *cycle);
    cycle->ended_at_us = clock_.now_us();
    cycle->links = trace(*cycle);
    if (const auto receipt = record_receipt(*cycle); !receipt) return receipt.error();
    return cycle;
}

/// Judges the step on the state of now, reserves, records the intent and writes.
/// Errors: Unavailable when the intent could not be recorded; nothing was written then.
Result<void> RunCycle::take_step(Turn& turn, std::size_t index) {
    Step& step = turn.cycle.steps[index];
    const std::string reservation = turn.cycle.id + "#" + std::to_string(index);
    Result<gate::Request> request = index < turn.plan.size() ? turn.plan[index] : preview(turn.runtime, step.action);
    if (!request) {
        Turn::fail(step, std::move(request).error());
        return {};
    }
    Result<gate::Verdict> verdict = gate::Verdict{};
    Result<gate::Effect> effect = gate::Effect{};
    turn.runtime.judge([&](const cluster::State& state, std::span<const gate::Reservation> reservations) {
        effect = gate::effect_of(*request, state, settings());
        verdict = gate::judge(state, reservations, *request, settings());
    });
    if (!verdict ||
        !effect) {  // the object went away, or the reason's figure no longer holds, since the plan was judged
        Turn::fail(step, verdict ? effect.error() : verdict.error());
        return {};
    }
    step.verdict = *std::move(verdict);
    if (!step.verdict->passed) {
        step.state = StepState::Blocked;
        return {};
    }
    const bool holds = effect->kind == gate::EffectKind::Raise || effect->kind == gate::EffectKind::Move;
    if (holds) turn.runtime.reserve({reservation, *effect, clock_.now_us() + rules_.reservation_us, false});
    if (const auto intent = record_intent(turn, step, index); !intent) {
        turn.runtime.release(reservation);
        return intent;
    }
    step.result = turn.runtime.target().write(step.action, {turn.cycle.id, turn.cycle.actor});
    step.state = state_of(step.result->outcome);
    settle(turn, step, reservation);
    return {};
}

/// What the reservation becomes: nothing when nothing was written; else it holds until the metrics show the effect.
void RunCycle::settle(Turn& turn, Step& step, const std::string& reservation) {
    if (step.state == StepState::Failed) {
        turn.runtime.release(reservation);
        return;
    }
    if (step.state != StepState::Done) return;  // unknown: it holds until it expires
    if (turn.runtime.target().await_visible(step.action, *step.result, rules_.visible_timeout_ms))
        turn.runtime.mark_shown(reservation);
}

Result<void> RunCycle::record_intent(Turn& turn, Step& step, std::size_t index) {
    auto record = ledger_.append("helix.intent", turn.cycle.target, turn.cycle.actor,
                                 intent_body(turn.cycle, step, index, sha256_));
    if (!record) return std::move(record).error();
    step.intent_seq = record->seq;
    bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
    return {};
}

void RunCycle::re_read(TargetRuntime& runtime, Cycle& cycle) const {
    const cluster::Micros now = clock_.now_us();
    runtime.target().read([&](const cluster::State& state) {
        for (Step& step : cycle.steps) {
            if (!step.result || !step.verdict) continue;
            for (const gate::UnitCase& unit : step.verdict->cases) {
                const cluster::NodeId id = state.find_node(unit.unit);
                if (id == cluster::kNone) continue;
                const cluster::UnitRow& row = state.rows()[id];
                step.readings.push_back({unit.unit, row.used, cluster::used_micro_pct(unit.capacity, unit.after),
                                         cluster::used_micro_pct(row.capacity, row.used), now - row.scraped_at,
                                         row.used > row.limit});
            }
        }
    });
}

Result<void> RunCycle::record_receipt(Cycle& cycle) {
    auto record = ledger_.append("helix.cycle", cycle.target, cycle.actor, receipt_body(cycle, sha256_));
    if (!record) {
        Error failure = std::move(record).error();
        const bool wrote = std::any_of(cycle.steps.begin(), cycle.steps.end(), [](const Step& step) {
            return step.result && step.result->outcome != ports::Outcome::NotApplied;
        });
        if (wrote) failure.code = Code::UnknownOutcome;  // not to be asked again as if nothing had happened
        if (wrote) failure.message += "; the write of cycle " + cycle.id + " was carried out and its intent stays open";
        return failure;
    }
    cycle.receipt_seq = record->seq;
    cycle.receipt_id = record->id;
    cycle.receipt_hash = ledger::to_hex(record->hash);
    bus_.publish({"helix.verdict", cycle.target, verdict_event(cycle), {}});
    bus_.publish({"helix.cycle", cycle.target, cycle_event(cycle), record->id});
    bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
    return {};
}

void RunCycle::sweep_reservations() {
    for (const auto& runtime : targets_.all()) {
        for (const gate::Reservation& expired : runtime->sweep(clock_.now_us())) {
            auto record =
                ledger_.append("reservation.expired", runtime->target().name(), "helix", expiry_body(expired));
            if (record) bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
        }
    }
}

}  // namespace helix::usecases
