#include "service/usecases/recovery.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/usecases/cycle_json.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

constexpr const char* kLeaseKind = "helix.lease";

ports::WriteResult unknown(std::string why) {
    ports::WriteResult result;
    result.outcome = ports::Outcome::Unknown;
    result.detail = why;
    result.failure = error(Code::UnknownOutcome, std::move(why), "look at the object");
    return result;
}

ports::WriteResult done_before() {
    ports::WriteResult result;
    result.outcome = ports::Outcome::Applied;
    result.detail = "done before the next step was begun";
    return result;
}

/// Whether the answer is final: the object told, or told that it cannot tell.
bool is_told(const ports::WriteResult& result) {
    return result.outcome != ports::Outcome::Unknown ||
           (result.failure && result.failure->code == Code::UnknownOutcome);
}

}  // namespace

/// The first seq that may hold an open intent, as the last process that took the lease wrote it down.
Result<std::uint64_t> Recovery::look_from() {
    const auto last = store_.list({{}, 1, kLeaseKind, {}, true});
    if (!last) return last.error();
    if (last->empty()) return std::uint64_t{0};
    const json body = json::parse(last->front().body, nullptr, false);
    return body.is_object() ? body.value("open_from", std::uint64_t{0}) : std::uint64_t{0};
}

void Recovery::add(Intent intent, std::vector<Open>& cycles) {
    auto open =
        std::find_if(cycles.begin(), cycles.end(), [&](const Open& one) { return one.cycle.id == intent.cycle.id; });
    if (open == cycles.end()) {
        open = cycles.insert(cycles.end(), Open{std::move(intent.cycle), *intent.step.intent_seq, 0, {}});
        open->cycle.recovered = true;
    }
    std::vector<Step>& steps = open->cycle.steps;
    if (steps.size() < std::max(intent.plan.size(), intent.index + 1))
        steps.resize(std::max(intent.plan.size(), intent.index + 1));
    for (std::size_t i = 0; i < intent.plan.size(); ++i) steps[i].action = std::move(intent.plan[i]);
    // A step's intent says that the steps before it were done.
    for (std::size_t i = 0; i < intent.index; ++i) {
        steps[i].state = StepState::Done;
        if (!steps[i].result) steps[i].result = done_before();
    }
    steps[intent.index] = std::move(intent.step);
    open->last_step = intent.index;
    open->reserved_until_us = intent.reserved_until_us;
}

Result<std::vector<Recovery::Open>> Recovery::find_open(std::uint64_t from_seq) {
    std::vector<Open> cycles;
    ports::LedgerQuery query{from_seq, ports::LedgerQuery::kLimitMax, "helix.intent", {}, false};
    while (true) {
        const auto page = store_.list(query);
        if (!page) return page.error();
        for (const ledger::Record& record : *page) {
            auto intent = intent_of(record);
            if (!intent) continue;  // not one that this program wrote: there is no telling what to look at
            const auto ended = store_.find(cycle_name(intent->cycle.id));
            if (!ended) return ended.error();
            if (!*ended) add(*std::move(intent), cycles);
        }
        if (page->size() < query.limit) return cycles;
        query.from_seq = page->back().seq + 1;
    }
}

Result<void> Recovery::begin() {
    const auto fence = tenure_.taken();
    if (!fence) return tenure_.refusal();
    const auto from = look_from();
    if (!from) return from.error();
    const auto head = store_.head();
    if (!head) return head.error();
    auto found = find_open(*from);
    if (!found) return found.error();
    std::uint64_t open_from = *head ? (*head)->seq + 1 : 0;
    json ids = json::array();
    for (const Open& one : *found) {
        open_from = std::min(open_from, one.first_seq);
        ids.push_back(one.cycle.id);
    }
    const json body = {
        {"epoch", fence->epoch}, {"holder", tenure_.holder()}, {"open", std::move(ids)}, {"open_from", open_from}};
    if (auto noted = writer_.append(LedgerDraft{kLeaseKind, "", tenure_.holder(), body.dump(), {}, fence}); !noted)
        return std::move(noted).error();
    {
        const std::lock_guard lock(mutex_);
        open_ = *std::move(found);
        begun_at_us_ = clock_.steady_us();
        mark_targets();
    }
    tenure_.open();
    return {};
}

/// A target takes no writes while a cycle of its is open.
void Recovery::mark_targets() {
    for (const auto& runtime : targets_.all())
        runtime->set_recovering(std::any_of(
            open_.begin(), open_.end(), [&](const Open& one) { return one.cycle.target == runtime->target().name(); }));
}

/// The reservation of a write of which nobody knows: its worst case as it would be now. False when that cannot be told.
bool Recovery::hold_reservation(TargetRuntime& runtime, const Open& open) {
    if (!open.reserved_until_us || *open.reserved_until_us <= clock_.now_us()) return true;
    const Step& step = open.cycle.steps[open.last_step];
    auto request = helix_.preview(runtime, step.action);
    if (!request) return false;
    Result<gate::Effect> effect = gate::Effect{};
    runtime.judge(
        [&](const cluster::State& state, auto) { effect = gate::effect_of(*request, state, helix_.settings()); });
    if (!effect) return effect.error().code == Code::NotFound;  // without its object nothing can come of it
    runtime.release(step_mark(open.cycle, open.last_step));     // of a try before
    runtime.reserve({step_mark(open.cycle, open.last_step), *std::move(effect), *open.reserved_until_us, false});
    return true;
}

/// Ends the cycle when its outcome can be told now, or never will be.
bool Recovery::try_end(Open& open, const ports::Fence& fence) {
    const auto ended_meanwhile = store_.find(cycle_name(open.cycle.id));  // by the very process that had begun it
    if (!ended_meanwhile) return false;
    if (*ended_meanwhile) return true;
    Step& step = open.cycle.steps[open.last_step];
    const std::int64_t waited = clock_.steady_us() - begun_at_us_;
    const bool too_late = waited >= helix_.rules().reservation_us;
    TargetRuntime* runtime = targets_.find(open.cycle.target);
    std::unique_lock<std::mutex> turn;
    if (runtime == nullptr) {
        step.result = unknown("target " + open.cycle.target + " is not configured any more");
    } else if (!step.before) {
        step.result = unknown("the intent does not say how the object was found");
    } else if (!too_late && !runtime->target().freshness().synced) {
        return false;
    } else {
        // A cycle of this very process, begun under a former epoch, may still be at it: it ends itself.
        turn = std::unique_lock(runtime->turn(), std::try_to_lock);
        if (!turn) return false;
        step.result = runtime->target().read_back(
            step.action, *step.before, {step_mark(open.cycle, open.last_step), open.cycle.actor, [] { return false; }});
        const ports::Outcome outcome = step.result->outcome;
        if (outcome == ports::Outcome::NotApplied && waited < grace_us_) return false;
        if (!is_told(*step.result) && !too_late) return false;
        // From here on the mirror's state has to tell what is still to come of it.
        const bool visible =
            outcome != ports::Outcome::Applied ||
            runtime->target().await_visible(step.action, *step.result, helix_.rules().visible_timeout_ms);
        const bool held = outcome != ports::Outcome::Unknown || hold_reservation(*runtime, open);
        if (!(visible && held) && !too_late) return false;
    }
    step.state = state_of(step.result->outcome);
    std::vector<gate::Action> actions;
    for (const Step& one : open.cycle.steps) actions.push_back(one.action);
    open.cycle.turns = turns_of(actions);
    open.cycle.ended_at_us = clock_.now_us();
    open.cycle.links = trace(open.cycle);
    const auto ended = receipts_.end(open.cycle, fence);
    return ended || ended.error().code == Code::AlreadyExists;
}

void Recovery::end_open() {
    std::vector<Open> cycles;
    {
        const std::lock_guard lock(mutex_);
        cycles = open_;
    }
    for (Open& one : cycles) {
        const auto fence = tenure_.fence();
        if (!fence) return;  // whoever has it now ends them
        if (!try_end(one, *fence)) continue;
        const std::lock_guard lock(mutex_);
        std::erase_if(open_, [&](const Open& other) { return other.cycle.id == one.cycle.id; });
        mark_targets();
    }
}

std::size_t Recovery::open() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
}

}  // namespace helix::usecases
