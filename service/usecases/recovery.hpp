#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/ports/clock.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/intent_survey.hpp"
#include "service/usecases/receipts.hpp"
#include "service/usecases/run_cycle.hpp"
#include "service/usecases/targets.hpp"
#include "service/usecases/tenure.hpp"

namespace helix::usecases {

/// Ends what former processes left open, intents in the ledger whose cycle has no receipt, and keeps free what their
/// writes were admitted with.
///
///     begin()     once after the lease was taken: finds the open cycles and the standing reservations, leaves a
///                 `helix.lease` record
///     end_open()  again and again, until none is left: asks the live object what became of the write; it may wait for
///                 the network, so not on the thread that holds the lease
///     mark()      now and then, on that thread, too: leaves another such record, so that the next `begin` reads little
///                 after a long run
///
/// A cycle whose write the object shows ends as applied, one that it does not show as not applied, one of which it does
/// not tell as unknown. Reserved again is the worst case of every write that is unknown, or that lasts (an autoscaler),
/// until its time is up; of any other write that was done the state tells what is still to come, once it shows it.
/// Until then its target takes no writes, as while a cycle of its is open. A target that cannot be read for as long as
/// a reservation lasts, or is not configured any more, ends as unknown.
///
/// Thread safety: begin from one thread, end_open and mark from one, the figures from any.
class Recovery {
public:
    /// @param grace_us  how long a former process's write may still be on its way after this one has taken the lease:
    ///                  until then "not shown" is no answer
    Recovery(Targets& targets, Tenure& tenure, Receipts& receipts, LedgerWriter& writer, ports::LedgerStore& store,
             const RunCycle& helix, const ports::Clock& clock, std::int64_t grace_us)
        : targets_(targets),
          tenure_(tenure),
          receipts_(receipts),
          writer_(writer),
          store_(store),
          helix_(helix),
          clock_(clock),
          grace_us_(grace_us) {}

    /// Finds what is open and opens the tenure. Errors: those of the ledger; nothing is opened then.
    Result<void> begin();

    /// Ends, and reserves again, what can be now.
    void end_open();

    /// Leaves a record of how far back a later process has to look, when kMarkEvery records and as many as were read
    /// for the last one have come since. Without it nothing is lost; the next process reads more.
    Result<void> mark();
    static constexpr std::uint64_t kMarkEvery = 1000;

    /// Cycles still open.
    [[nodiscard]] std::size_t open() const;
    /// Writes of former processes whose worst case is not reserved again yet.
    [[nodiscard]] std::size_t standing() const;

private:
    Result<std::uint64_t> look_from();
    Result<IntentSurvey> survey(const ports::Fence& fence, std::uint64_t from_seq);
    bool try_end(OpenCycle& open, const ports::Fence& fence);
    bool try_stand(const StandingWrite& write);
    bool reserve(TargetRuntime& runtime, const StandingWrite& write);
    void mark_targets();

    Targets& targets_;
    Tenure& tenure_;
    Receipts& receipts_;
    LedgerWriter& writer_;
    ports::LedgerStore& store_;
    const RunCycle& helix_;
    const ports::Clock& clock_;
    const std::int64_t grace_us_;

    mutable std::mutex mutex_;  // guards what follows, and the targets' flags
    std::vector<OpenCycle> open_;
    std::vector<StandingWrite> standing_;
    std::int64_t begun_at_us_ = 0;   // by the steady clock: since then nobody else may have begun a write
    std::uint64_t needed_from_ = 0;  // as the last record of ours says it
    std::uint64_t next_mark_ = 0;    // a seq
};

}  // namespace helix::usecases
