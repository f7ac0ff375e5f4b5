#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "service/ports/event_bus.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/cycle.hpp"
#include "service/usecases/ledger_writer.hpp"

namespace helix::usecases {

/// Writes down what a cycle is about to do and what became of it, and tells the bus.
///
/// Thread safety: any method from any thread.
class Receipts {
public:
    Receipts(LedgerWriter& writer, ports::EventBus& bus, ledger::Sha256 sha256)
        : writer_(writer), bus_(bus), sha256_(sha256) {}

    /// Records that step `index` is about to be written; sets its intent_seq.
    /// The first step's intent also takes the request's key, in the same commit: whoever asks with it a second time, of
    /// whatever process, can begin nothing.
    /// Errors: Conflict when the key was taken before; those of LedgerWriter::append. After UnknownOutcome the intent
    /// may be there: its cycle needs an end.
    Result<void> intend(Cycle& cycle, std::size_t index, const std::optional<Reserved>& reserved,
                        const ports::Fence& fence);

    /// Records how the cycle ended, which ends its intents; sets its receipt's place. `fence`: only while it holds.
    /// Errors: those of LedgerWriter::append; AlreadyExists when it was ended already.
    Result<void> end(Cycle& cycle, std::optional<ports::Fence> fence = {});

    /// Keeps a cycle whose end could not be recorded, for `retry`.
    void keep(Cycle cycle);

    /// Records the ends that could not be recorded before. Until then their intents are open in the ledger, where a
    /// later process finds them too.
    void retry();

    /// Cycles whose end waits for the ledger.
    [[nodiscard]] std::size_t waiting() const;

private:
    LedgerWriter& writer_;
    ports::EventBus& bus_;
    const ledger::Sha256 sha256_;
    mutable std::mutex mutex_;
    std::vector<Cycle> waiting_;
};

}  // namespace helix::usecases
