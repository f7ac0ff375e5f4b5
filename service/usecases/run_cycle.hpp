#pragma once

#include <functional>

#include "service/ports/clock.hpp"
#include "service/ports/event_bus.hpp"
#include "service/ports/id_source.hpp"
#include "service/usecases/cycle.hpp"
#include "service/usecases/jury.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/receipts.hpp"
#include "service/usecases/targets.hpp"
#include "service/usecases/tenure.hpp"

namespace helix::usecases {

/// What the helix may be told by its configuration.
struct HelixRules {
    std::int64_t metrics_age_max_us = 90'000'000;
    std::int64_t reservation_us = 300'000'000;  ///< how long an admitted write holds its worst case at most
    bool relief = true;
    std::int64_t replicas_max = 100'000;
    std::vector<std::string> neutral_kinds;
    int visible_timeout_ms = 5'000;
};

/// One turn of the helix: G → Rδ → C → R → U → D → G.
///
///     judge the whole plan                      (G, Rδ; nothing is written when the first action is a BREAK)
///     for each action, in order:
///         judge it again on the state of now    (G)
///         reserve its worst case, intent record durable, under the fence of the tenure
///         write, if the tenure still holds      (C, U or D)
///         wait until the mirror shows it        (R)
///     re-read the touched units                 (G)
///     receipt record durable, events out
///
/// A plan stops at the first action that is not done; its receipt says what was done and what was not. Without a
/// durable intent there is no write: a ledger that cannot be written refuses (Unavailable). One cycle at a time per
/// target, several targets at once; and only by the process that has the tenure, once the target's open intents of
/// former processes were ended (recovery.hpp).
///
/// Thread safety: any method from any thread.
class RunCycle {
public:
    RunCycle(Targets& targets, const Tenure& tenure, Receipts& receipts, LedgerWriter& ledger, ports::EventBus& bus,
             const ports::Clock& clock, ports::IdSource& ids, HelixRules rules, Jury* jury = nullptr)
        : targets_(targets),
          tenure_(tenure),
          receipts_(receipts),
          ledger_(ledger),
          bus_(bus),
          clock_(clock),
          ids_(ids),
          rules_(std::move(rules)),
          jury_(jury) {}

    /// Turns the helix. A BREAK is a cycle, not an error.
    /// Errors: NotFound, InvalidArgument (nothing written, no receipt); Unavailable (no tenure, target not synced or
    /// still being recovered, or the ledger cannot be written); UnknownOutcome (a write was done, but its end is not
    /// recorded yet, or was recorded by the process that took over).
    Result<Cycle> run(const CycleRequest& request);

    /// The verdicts alone: nothing is written anywhere.
    Result<Cycle> judge_only(const CycleRequest& request);

    /// Drops reservations that have done their work, records those that timed out, and the ends of cycles that could
    /// not be recorded before. Call it every few seconds.
    void sweep();

    /// The action together with what the target says that its object would be, where the gate needs that.
    Result<gate::Request> preview(TargetRuntime& runtime, const gate::Action& action) const;

    [[nodiscard]] gate::Settings settings() const;
    [[nodiscard]] const HelixRules& rules() const { return rules_; }

private:
    struct Turn;

    Result<std::vector<gate::Request>> prepare(TargetRuntime& runtime, const CycleRequest& request) const;
    Result<Cycle> judge_all(TargetRuntime& runtime, const CycleRequest& request,
                            const std::vector<gate::Request>& plan) const;
    [[nodiscard]] bool asks_others() const { return jury_ != nullptr && jury_->asks_others(); }
    /// Shows the steps that the gate's own rules judged to the other engines; only when there are any.
    void ask_others(bool dry_run, const std::vector<proof::Obligation>& obligations, Cycle& cycle) const;
    Result<void> take_step(Turn& turn, std::size_t index);
    void settle(Turn& turn, Step& step, const std::string& reservation);
    void re_read(TargetRuntime& runtime, Cycle& cycle) const;
    Result<void> record_end(Cycle& cycle);

    Targets& targets_;
    const Tenure& tenure_;
    Receipts& receipts_;
    LedgerWriter& ledger_;
    ports::EventBus& bus_;
    const ports::Clock& clock_;
    ports::IdSource& ids_;
    const HelixRules rules_;
    Jury* const jury_;  ///< nullptr: the gate's own rules alone
};

}  // namespace helix::usecases
