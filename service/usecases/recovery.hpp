#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/ports/clock.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/intent_json.hpp"
#include "service/usecases/receipts.hpp"
#include "service/usecases/run_cycle.hpp"
#include "service/usecases/targets.hpp"
#include "service/usecases/tenure.hpp"

namespace helix::usecases {

/// Ends what former processes left open: intents in the ledger whose cycle has no receipt.
///
///     begin()     once after the lease was taken: finds the open cycles, leaves a `helix.lease` record
///     end_open()  again and again, until none is left: asks the live object what became of the write; it may wait for
///                 the network, so not on the thread that holds the lease
///
/// A cycle whose write the object shows ends as applied, one that it does not show as not applied, one of which it does
/// not tell as unknown: that one keeps its reservation until it runs out. A target takes no writes while a cycle of its
/// is open; one that cannot be read for as long as a reservation lasts, or is not configured any more, ends as unknown.
///
/// Thread safety: begin and end_open from one thread each, the figure from any.
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

    /// Ends what can be ended now.
    void end_open();

    /// Cycles still open.
    [[nodiscard]] std::size_t open() const;

private:
    /// A cycle as its intents tell it.
    struct Open {
        Cycle cycle;
        std::uint64_t first_seq = 0;  ///< of its intents
        std::size_t last_step = 0;    ///< the one whose outcome is not known
        std::optional<std::int64_t> reserved_until_us;
    };

    Result<std::uint64_t> look_from();
    Result<std::vector<Open>> find_open(std::uint64_t from_seq);
    bool try_end(Open& open, const ports::Fence& fence);
    bool hold_reservation(TargetRuntime& runtime, const Open& open);
    void mark_targets();
    static void add(Intent intent, std::vector<Open>& cycles);

    Targets& targets_;
    Tenure& tenure_;
    Receipts& receipts_;
    LedgerWriter& writer_;
    ports::LedgerStore& store_;
    const RunCycle& helix_;
    const ports::Clock& clock_;
    const std::int64_t grace_us_;

    mutable std::mutex mutex_;  // guards what follows, and the targets' flags
    std::vector<Open> open_;
    std::int64_t begun_at_us_ = 0;  // by the steady clock: since then nobody else may have begun a write
};

}  // namespace helix::usecases
