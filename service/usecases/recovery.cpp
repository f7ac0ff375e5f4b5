#include "service/usecases/recovery.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/ports/fault_point.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/usecases/named_record.hpp"

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

/// Whether the answer is final: the object told, or told that it cannot tell.
bool is_told(const ports::WriteResult& result) {
    return result.outcome != ports::Outcome::Unknown ||
           (result.failure && result.failure->code == Code::UnknownOutcome);
}

/// Whether the metrics were read once: until then a pod seems to use no more than it asks for.
bool has_figures(const cluster::State& state) {
    const auto& rows = state.rows();
    return rows.size() == 0 ||
           std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.live && row.scraped_at > 0; });
}

}  // namespace

/// The first seq that matters, as the last process that had the lease wrote it down.
Result<std::uint64_t> Recovery::look_from() {
    const auto last = store_.list({{}, 1, kLeaseKind, {}, true});
    if (!last) return last.error();
    if (last->empty()) return std::uint64_t{0};
    const json body = json::parse(last->front().body, nullptr, false);
    return body.is_object() ? body.value("open_from", std::uint64_t{0}) : std::uint64_t{0};
}

/// Reads the intents and writes down, for whoever comes next, from where on they matter.
Result<IntentSurvey> Recovery::survey(const ports::Fence& fence, std::uint64_t from_seq) {
    auto found = survey_intents(store_, from_seq, clock_.now_us());
    if (!found) return found;
    json ids = json::array();
    for (const OpenCycle& one : found->open) ids.push_back(one.cycle.id);
    const json body = {{"epoch", fence.epoch},
                       {"holder", tenure_.holder()},
                       {"open", std::move(ids)},
                       {"open_from", found->needed_from}};
    ports::fault_point("lease.note.before");
    auto noted = writer_.append(LedgerDraft{kLeaseKind, "", tenure_.holder(), body.dump(), {}, fence});
    ports::fault_point("lease.note.after");
    if (!noted) return std::move(noted).error();
    const std::lock_guard lock(mutex_);
    needed_from_ = found->needed_from;
    next_mark_ = noted->seq + std::max<std::uint64_t>(kMarkEvery, found->read);
    return found;
}

Result<void> Recovery::begin() {
    const auto fence = tenure_.taken();
    if (!fence) return tenure_.refusal();
    const auto from = look_from();
    if (!from) return from.error();
    auto found = survey(*fence, *from);
    if (!found) return std::move(found).error();
    {
        const std::lock_guard lock(mutex_);
        open_ = std::move(found->open);
        standing_ = std::move(found->standing);
        begun_at_us_ = clock_.steady_us();
        mark_targets();
    }
    tenure_.open();
    return {};
}

Result<void> Recovery::mark() {
    const auto fence = tenure_.fence();
    const auto newest = writer_.newest();
    if (!fence || !newest) return {};
    std::uint64_t from = 0;
    {
        const std::lock_guard lock(mutex_);
        if (newest->seq < next_mark_) return {};
        from = needed_from_;
    }
    auto found = survey(*fence, from);
    return found ? Result<void>{} : Result<void>(std::move(found).error());
}

/// A target takes no writes while a cycle of its is open, or the worst case of one is not reserved again.
void Recovery::mark_targets() {
    for (const auto& runtime : targets_.all()) {
        const std::string& name = runtime->target().name();
        runtime->set_recovering(
            std::any_of(open_.begin(), open_.end(), [&](const OpenCycle& one) { return one.cycle.target == name; }) ||
            std::any_of(standing_.begin(), standing_.end(),
                        [&](const StandingWrite& one) { return one.target == name; }));
    }
}

/// Reserves the worst case of the write as it would be now. False when that cannot be told yet.
bool Recovery::reserve(TargetRuntime& runtime, const StandingWrite& write) {
    const bool shown = write.result.outcome == ports::Outcome::Applied;
    gate::Action again = write.action;
    if (again.verb == gate::Verb::Create)  // by now it may be there
        again.verb = again.object.kind == "Container" ? gate::Verb::Start : gate::Verb::Apply;
    auto request = helix_.preview(runtime, again);
    if (!request) return request.error().code == Code::NotFound;
    if (shown && request->preview && !request->preview->exists) return true;  // it was taken away since
    bool figures = false;
    Result<gate::Effect> effect = gate::Effect{};
    runtime.judge([&](const cluster::State& state, auto) {
        figures = has_figures(state);
        effect = gate::effect_of(*request, state, helix_.settings());
    });
    if (!figures) return false;
    if (!effect) return effect.error().code == Code::NotFound;  // without its object nothing can come of it
    runtime.release(write.mark);                                // of a try before, or of this very process
    runtime.reserve({write.mark, *std::move(effect), write.reserved.until_us, shown});
    return true;
}

/// True when nothing is left to be done for the write.
bool Recovery::try_stand(const StandingWrite& write) {
    TargetRuntime* runtime = targets_.find(write.target);
    if (runtime == nullptr || write.reserved.until_us <= clock_.now_us()) return true;
    if (!runtime->target().freshness().synced) return false;
    if (write.result.outcome != ports::Outcome::Applied) return reserve(*runtime, write);
    if (!runtime->target().await_visible(write.action, write.result, helix_.rules().visible_timeout_ms)) return false;
    return !write.reserved.lasting || reserve(*runtime, write);
}

/// Ends the cycle when its outcome can be told now, or never will be.
bool Recovery::try_end(OpenCycle& open, const ports::Fence& fence) {
    const auto ended_meanwhile = find_cycle_receipt(store_, open.cycle.id);  // by the very process that had begun it
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
        const bool stands =
            open.reserved && open.reserved->until_us > clock_.now_us() &&
            (outcome == ports::Outcome::Unknown || (outcome == ports::Outcome::Applied && open.reserved->lasting));
        const bool held = !stands || reserve(*runtime, {open.cycle.target, step_mark(open.cycle, open.last_step),
                                                        step.action, *step.result, *open.reserved});
        if (!(visible && held) && !too_late) return false;
    }
    step.state = state_of(step.result->outcome);
    std::vector<gate::Action> actions;
    for (const Step& one : open.cycle.steps) actions.push_back(one.action);
    open.cycle.turns = turns_of(actions);
    open.cycle.ended_at_us = clock_.now_us();
    open.cycle.links = trace(open.cycle);
    ports::fault_point("recovery.told");
    const auto ended = receipts_.end(open.cycle, fence);
    return ended || ended.error().code == Code::AlreadyExists;
}

void Recovery::end_open() {
    std::vector<OpenCycle> cycles;
    std::vector<StandingWrite> writes;
    {
        const std::lock_guard lock(mutex_);
        cycles = open_;
        writes = standing_;
    }
    for (const StandingWrite& one : writes) {
        if (!try_stand(one)) continue;
        const std::lock_guard lock(mutex_);
        std::erase_if(standing_, [&](const StandingWrite& other) { return other.mark == one.mark; });
        mark_targets();
    }
    for (OpenCycle& one : cycles) {
        const auto fence = tenure_.fence();
        if (!fence) return;  // whoever has it now ends them
        if (!try_end(one, *fence)) continue;
        const std::lock_guard lock(mutex_);
        std::erase_if(open_, [&](const OpenCycle& other) { return other.cycle.id == one.cycle.id; });
        mark_targets();
    }
}

std::size_t Recovery::open() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
}

std::size_t Recovery::standing() const {
    const std::lock_guard lock(mutex_);
    return standing_.size();
}

}  // namespace helix::usecases
