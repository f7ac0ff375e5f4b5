#pragma once

#include <cstdint>
#include <optional>

#include "domain/core/result.hpp"
#include "service/ports/head_memory.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"
#include "service/usecases/merkle_log.hpp"

namespace helix::usecases {

/// Finds out whether the ledger is what it was, and keeps what follows from it up to date: the tree's nodes, and the
/// memory of its head.
///
/// Level-based: it compares what is kept with what there is, so a call that was missed or failed costs nothing but
/// time. Threads: one at a time, but for check_all.
class LedgerCaretaker {
public:
    /// Records that `check` reads: more than most ledgers have, and read within a second.
    static constexpr std::uint64_t kNewest = 100'000;

    LedgerCaretaker(ports::LedgerStore& store, ports::TreeStore& nodes, MerkleLog& log, ports::HeadMemory& memory,
                    ledger::Sha256 sha256)
        : store_(store), nodes_(nodes), log_(log), memory_(memory), sha256_(sha256) {}

    /// Whether the store still holds the head that was remembered last, and its newest records hold. To be asked before
    /// anything is appended.
    /// Errors: DataLoss when it is shorter, has another record there, or one that is not as it was written (named);
    /// those of the ports.
    Result<void> check();

    /// Whether every record holds, and every node that is kept, unless `stop` ends it before. It takes as long as it
    /// takes, and rests in between. Errors: DataLoss naming the first record that does not; PreconditionFailed naming
    /// the node; those of the ports.
    Result<void> check_all(const MerkleLog::Stop& stop = {}) const;

    /// Keeps the nodes that are missing, until `stop` says so, then remembers the head.
    Result<void> keep_up(const MerkleLog::Stop& stop = {});

private:
    Result<void> check_remembered();
    Result<void> check_newest() const;

    ports::LedgerStore& store_;
    ports::TreeStore& nodes_;
    MerkleLog& log_;
    ports::HeadMemory& memory_;
    const ledger::Sha256 sha256_;
    std::optional<ledger::Head> remembered_;
};

}  // namespace helix::usecases
