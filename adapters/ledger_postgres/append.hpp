#pragma once

#include <mutex>
#include <optional>
#include <span>

#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/transaction.hpp"
#include "service/ports/ledger_store.hpp"

namespace helix::ledger_postgres {

/// Appends entries: what PostgresLedgerStore::commit promises, one commit at a time.
///
/// A commit is one statement, and one round trip. Only where that is refused a transaction finds out why, in steps.
///
/// Processes that append to one ledger take turns by an advisory lock, which the server grants in the order of asking.
/// Who finds that the head has moved keeps the turn: the head stands still while its caller seals again, so that a
/// process under steady load cannot starve the others. A turn that is kept and not used within the session's
/// idle_in_transaction bound (a stopped process, a caller that gave up) is ended by the server. The turn is courtesy
/// alone: that seqs are gapless and unique is kept by the tables' own key and trigger.
///
/// Thread safety: any method from any thread. The pool outlives it.
class Appender {
public:
    explicit Appender(postgres::Pool& pool) : pool_(pool) {}

    Result<void> commit(std::span<const ports::Entry> entries);

private:
    enum class AtOnce { Done, Refused };
    Result<AtOnce> append_at_once(std::span<const ports::Entry> entries);
    Result<void> append_in_steps(std::span<const ports::Entry> entries);
    Result<void> take_turn();
    Result<bool> continues_head(const ledger::Record& first);

    postgres::Pool& pool_;
    std::mutex mutex_;
    std::optional<postgres::Transaction> turn_;
    bool alone_ = true;  // no other process has moved the head lately
};

}  // namespace helix::ledger_postgres
