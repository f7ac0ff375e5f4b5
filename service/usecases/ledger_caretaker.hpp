#pragma once

#include <optional>

#include "domain/core/result.hpp"
#include "service/ports/head_memory.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/usecases/merkle_log.hpp"

namespace helix::usecases {

/// Keeps what follows from the ledger up to date: the tree's nodes, and the memory of its head.
///
/// Level-based: it compares what is kept with what there is, so a call that was missed or failed costs nothing but
/// time. Threads: one at a time.
class LedgerCaretaker {
public:
    LedgerCaretaker(ports::LedgerStore& store, MerkleLog& log, ports::HeadMemory& memory)
        : store_(store), log_(log), memory_(memory) {}

    /// Whether the store still holds the head that was remembered last. To be asked before anything is appended.
    /// Errors: DataLoss when it is shorter, or has another record there; those of the ports.
    Result<void> check();

    /// Keeps the nodes that are missing, until `stop` says so, then remembers the head.
    Result<void> keep_up(const MerkleLog::Stop& stop = {});

private:
    ports::LedgerStore& store_;
    MerkleLog& log_;
    ports::HeadMemory& memory_;
    std::optional<ledger::Head> remembered_;
};

}  // namespace helix::usecases
