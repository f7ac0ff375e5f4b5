#include "service/usecases/receipts.hpp"

#include <utility>

#include "domain/ledger/digest.hpp"
#include "service/ports/fault_point.hpp"
#include "service/usecases/cycle_json.hpp"

namespace helix::usecases {

using ports::fault_point;

Result<void> Receipts::intend(Cycle& cycle, std::size_t index, const std::optional<Reserved>& reserved,
                              const ports::Fence& fence) {
    LedgerDraft draft{"helix.intent",
                      cycle.target,
                      cycle.actor,
                      intent_body(cycle, index, reserved, sha256_),
                      {intent_name(step_mark(cycle, index))},
                      fence};
    const std::string key = asked_name(cycle.actor, cycle.idempotency_key);
    if (index == 0 && !cycle.idempotency_key.empty()) draft.names.push_back(key);
    fault_point("intent.before");
    auto record = writer_.append(std::move(draft));
    fault_point("intent.after");
    if (!record && record.error().code == Code::AlreadyExists && record.error().where == key)
        return error(Code::Conflict, "the first request with this Idempotency-Key has been begun",
                     "ask again with the same key in a moment", "Idempotency-Key");
    if (record) {
        cycle.steps[index].intent_seq = record->seq;
        bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
        return {};
    }
    cycle.steps[index].intent_unsure = record.error().code == Code::UnknownOutcome;
    return std::move(record).error();
}

Result<void> Receipts::end(Cycle& cycle, std::optional<ports::Fence> fence) {
    const std::string name = cycle_name(cycle.id);
    LedgerDraft draft{"helix.cycle", cycle.target, cycle.actor, receipt_body(cycle, sha256_), {name}, std::move(fence)};
    const LedgerDraft without_key = draft;
    if (!cycle.idempotency_key.empty()) draft.names.push_back(idempotency_name(cycle.actor, cycle.idempotency_key));
    fault_point("receipt.before");
    auto record = writer_.append(std::move(draft));
    // The key may have been used for another request meanwhile, with a process that did not know of this one: this
    // cycle ends all the same.
    if (!record && record.error().code == Code::AlreadyExists && record.error().where != name)
        record = writer_.append(without_key);
    fault_point("receipt.after");
    if (!record) return std::move(record).error();
    cycle.receipt_seq = record->seq;
    cycle.receipt_id = record->id;
    cycle.receipt_hash = ledger::to_hex(record->hash);
    bus_.publish({"helix.verdict", cycle.target, verdict_event(cycle), {}});
    bus_.publish({"helix.cycle", cycle.target, cycle_event(cycle), record->id});
    bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
    return {};
}

void Receipts::keep(Cycle cycle) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(cycle));
}

void Receipts::retry() {
    std::vector<Cycle> cycles;
    {
        const std::lock_guard lock(mutex_);
        cycles = std::exchange(waiting_, {});
    }
    for (Cycle& cycle : cycles)
        if (const auto ended = end(cycle); !ended && ended.error().code != Code::AlreadyExists) keep(std::move(cycle));
}

std::size_t Receipts::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

}  // namespace helix::usecases
