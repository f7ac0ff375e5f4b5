#include "service/usecases/run_cycle.hpp"

#include <algorithm>

#include "domain/proof/smt_text.hpp"
#include "service/ports/fault_point.hpp"
#include "service/usecases/cycle_json.hpp"

namespace helix::usecases {
namespace {

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

Error being_recovered(const ports::Target& target) {
    Error failure =
        error(Code::Unavailable, "target " + target.name() + ": what a former process left open is being ended",
              "try again in a moment", target.name());
    failure.retry_after_s = 2;
    return failure;
}

/// The action's object as the mirror shows it; nothing when it does not.
const cluster::Workload* mirrored(const cluster::State& state, const gate::Action& action) {
    const auto id =
        state.find_workload(cluster::workload_kind(action.object.kind), action.object.ns, action.object.name);
    return id == cluster::kNone ? nullptr : &state.workload(id).workload;
}

std::string mirrored_version(const cluster::State& state, const gate::Action& action) {
    const cluster::Workload* workload = mirrored(state, action);
    return workload == nullptr ? std::string() : workload->resource_version;
}

/// Whether the live object is the one that the mirror shows, with as many replicas: else the verdict is about another.
/// @param judged_version  of the object, as the verdict saw it
Result<void> as_judged(const ports::Target& target, const gate::Action& action, const ports::Before& before,
                       const std::string& judged_version) {
    bool same = !before.version_decides || before.resource_version == judged_version;
    target.read([&](const cluster::State& state) {
        const cluster::Workload* workload = mirrored(state, action);
        if (workload == nullptr) return;
        same = same && (!before.exists || workload->uid == before.uid);
        if (action.verb == Verb::Scale && before.replicas) same = same && workload->desired == *before.replicas;
    });
    if (same) return {};
    return error(Code::Conflict, gate::describe(action.object) + " changed since it was judged", "ask again",
                 gate::describe(action.object));
}

/// Whether an action before `index` makes the namespace that the one there needs.
bool makes_namespace_of(const std::vector<gate::Action>& actions, std::size_t index) {
    const auto end = actions.begin() + static_cast<std::ptrdiff_t>(index);
    return std::any_of(actions.begin(), end, [&](const gate::Action& earlier) {
        return gate::link_of(earlier.verb) == gate::Link::Create && earlier.object.kind == "Namespace" &&
               earlier.object.name == actions[index].object.ns;
    });
}

}  // namespace

/// What one turn works on.
struct RunCycle::Turn {
    TargetRuntime& runtime;
    const ports::Fence fence;
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
    const bool obliged = asks_others() || request.smt2;
    std::vector<proof::Obligation> obligations;
    runtime.judge([&](const cluster::State& state, std::span<const gate::Reservation> reservations) {
        const gate::Settings rules = settings();
        const auto oblige = [&](const gate::Effect& effect, std::span<const gate::Reservation> earlier) {
            const std::string& reason = plan[obligations.size()].action.reason;
            obligations.push_back(proof::obligation_of(state, earlier, effect, reason, rules));
        };
        verdicts =
            gate::judge_plan(state, reservations, plan, rules, obliged ? gate::Witness(oblige) : gate::Witness());
    });
    if (!verdicts) return verdicts.error();
    Cycle cycle;
    cycle.target = runtime.target().name();
    cycle.target_kind = runtime.target().kind();
    cycle.actor = request.actor;
    cycle.idempotency_key = request.idempotency_key;
    cycle.request_sha256 = request.request_sha256;
    cycle.turns = turns_of(request.actions);
    for (std::size_t i = 0; i < request.actions.size(); ++i) {
        Step step;
        step.action = request.actions[i];
        if (i < verdicts->size()) {
            step.state = (*verdicts)[i].passed ? StepState::WouldPass : StepState::Blocked;
            step.verdict = std::move((*verdicts)[i]);
        }
        if (request.smt2 && i < obligations.size()) step.smt2 = proof::smt_text(obligations[i]);
        cycle.steps.push_back(std::move(step));
    }
    if (asks_others()) ask_others(request.dry_run, obligations, cycle);
    return cycle;
}

void RunCycle::ask_others(bool dry_run, const std::vector<proof::Obligation>& obligations, Cycle& cycle) const {
    for (std::size_t i = 0; i < obligations.size(); ++i) {
        Step& step = cycle.steps[i];
        if (!dry_run && step.state == StepState::WouldPass) continue;  // they are asked when its turn comes
        jury_->judge({cycle.target, cycle.actor, step.action}, obligations[i], *step.verdict);
        if (!step.verdict->passed) step.state = StepState::Blocked;
    }
}

Result<Cycle> RunCycle::judge_only(const CycleRequest& asked) {
    CycleRequest request = asked;
    request.dry_run = true;
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
    const auto fence = tenure_.fence();
    if (!fence) return tenure_.refusal();
    if (runtime.recovering()) return being_recovered(runtime.target());
    const std::int64_t started = clock_.now_us();
    const auto plan = prepare(runtime, request);
    if (!plan) return plan.error();
    auto cycle = judge_all(runtime, request, *plan);
    if (!cycle) return cycle;
    cycle->id = ids_.ulid();
    cycle->started_at_us = started;

    Turn turn{runtime, *fence, *plan, *cycle};
    for (std::size_t i = 0; i < cycle->steps.size(); ++i) {
        if (cycle->steps[i].state == StepState::Blocked) break;
        if (auto taken = take_step(turn, i); !taken) {
            if (!is_intended(*cycle)) return std::move(taken).error();  // nothing was written, nobody has to know
            Turn::fail(cycle->steps[i], std::move(taken).error());
        }
        if (cycle->steps[i].state != StepState::Done) break;
    }
    for (Step& step : cycle->steps)
        if (step.state == StepState::WouldPass) step.state = StepState::NotReached;
    re_read(runtime, *cycle);
    cycle->ended_at_us = clock_.now_us();
    cycle->links = trace(*cycle);
    if (const auto ended = record_end(*cycle); !ended) return ended.error();
    return cycle;
}

/// Judges the step on the state of now, reserves, records the intent and writes.
/// Errors: those of Receipts::intend; nothing was written then.
Result<void> RunCycle::take_step(Turn& turn, std::size_t index) {
    Step& step = turn.cycle.steps[index];
    const std::string mark = step_mark(turn.cycle, index);
    Result<gate::Request> request = index < turn.plan.size() ? turn.plan[index] : preview(turn.runtime, step.action);
    if (!request) {
        Turn::fail(step, std::move(request).error());
        return {};
    }
    Result<gate::Verdict> verdict = gate::Verdict{};
    Result<gate::Effect> effect = gate::Effect{};
    proof::Obligation obligation;
    std::string judged_version;
    turn.runtime.judge([&](const cluster::State& state, std::span<const gate::Reservation> reservations) {
        const gate::Settings rules = settings();
        judged_version = mirrored_version(state, step.action);
        effect = gate::effect_of(*request, state, rules);
        verdict = gate::judge(state, reservations, *request, rules);
        if (asks_others() && effect)
            obligation = proof::obligation_of(state, reservations, *effect, request->action.reason, rules);
    });
    if (!verdict ||
        !effect) {  // the object went away, or the reason's figure no longer holds, since the plan was judged
        Turn::fail(step, verdict ? effect.error() : verdict.error());
        return {};
    }
    step.verdict = *std::move(verdict);
    if (asks_others())  // the state is not held meanwhile: an engine may take its time
        jury_->judge({turn.cycle.target, turn.cycle.actor, step.action}, obligation, *step.verdict);
    if (!step.verdict->passed) {
        step.state = StepState::Blocked;
        return {};
    }
    auto before = turn.runtime.target().look(step.action);
    if (!before) {
        Turn::fail(step, std::move(before).error());
        return {};
    }
    if (auto same = as_judged(turn.runtime.target(), step.action, *before, judged_version); !same) {
        Turn::fail(step, std::move(same).error());
        return {};
    }
    step.before = *std::move(before);
    std::optional<Reserved> reserved;
    if (effect->kind == gate::EffectKind::Raise || effect->kind == gate::EffectKind::Move)
        reserved = Reserved{clock_.now_us() + rules_.reservation_us, effect->lasting};
    if (reserved) turn.runtime.reserve({mark, *effect, reserved->until_us, false});
    if (auto intended = receipts_.intend(turn.cycle, index, reserved, turn.fence); !intended) {
        turn.runtime.release(mark);
        return intended;
    }
    ports::fault_point("write.before");
    step.result = turn.runtime.target().write(step.action, *step.before,
                                              {mark, turn.cycle.actor, [&] { return tenure_.holds(turn.fence); }});
    ports::fault_point("write.after");
    step.state = state_of(step.result->outcome);
    settle(turn, step, mark);
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

Result<void> RunCycle::record_end(Cycle& cycle) {
    auto ended = receipts_.end(cycle);
    if (ended) return ended;
    Error failure = std::move(ended).error();
    if (!is_intended(cycle)) return failure;
    if (failure.code != Code::AlreadyExists) receipts_.keep(cycle);
    const bool taken_over = failure.code == Code::AlreadyExists;
    failure.code = Code::UnknownOutcome;  // not to be asked again as if nothing had happened
    failure.message = taken_over
                          ? "another process took over and ended cycle " + cycle.id
                          : "what became of cycle " + cycle.id + " could not be recorded yet: " + failure.message;
    failure.mend = "ask again with the same Idempotency-Key, or GET /v1/cycles/" + cycle.id;
    failure.where = cycle.id;
    return failure;
}

void RunCycle::sweep() {
    receipts_.retry();
    for (const auto& runtime : targets_.all()) {
        for (const gate::Reservation& expired : runtime->sweep(clock_.now_us())) {
            auto record =
                ledger_.append("reservation.expired", runtime->target().name(), "helix", expiry_body(expired));
            if (record) bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
        }
    }
}

}  // namespace helix::usecases
