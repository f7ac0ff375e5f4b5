#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "adapters/ledger_sqlite/connection.hpp"
#include "service/ports/outbox_store.hpp"

namespace helix::ledger_sqlite {

/// Cursors and dead letters in the ledger's own file, over a connection of their own with synchronous=NORMAL: a commit
/// outlives the process at once and the machine from the ledger's next sync on. What a power cut takes is only how far
/// a destination had come, and then events are sent again.
class SqliteOutboxStore final : public ports::OutboxStore {
public:
    /// Opens the file of a ledger that SqliteLedgerStore::open has opened before (it brings the schema up to date).
    /// Errors: Unavailable when it cannot be opened, Internal when it has no such tables.
    static Result<std::unique_ptr<SqliteOutboxStore>> open(const std::string& path, int busy_timeout_ms = 5000);

    Result<ports::OutboxCursor> begin(const std::string& destination, std::uint64_t start) override;
    Result<void> move(const std::string& destination, std::uint64_t expected, const ports::OutboxCursor& to,
                      const std::optional<ports::DeadLetter>& letter) override;
    Result<std::vector<ports::DeadLetter>> dead_letters(const std::string& destination, std::uint64_t from_seq,
                                                        std::size_t limit) override;
    Result<std::uint64_t> count_dead_letters(const std::string& destination) override;
    Result<std::optional<ports::DeadLetter>> first_to_resend(const std::string& destination) override;
    Result<void> update(const std::string& destination, const ports::DeadLetter& letter) override;
    Result<void> remove(const std::string& destination, std::uint64_t seq) override;

private:
    explicit SqliteOutboxStore(Connection connection) : connection_(std::move(connection)) {}

    Result<void> prepare_all();
    Result<void> run(Statement& statement, const char* doing);
    Result<std::vector<ports::DeadLetter>> read_letters(Statement& statement);
    Result<void> write_letter(Statement& statement, const std::string& destination, const ports::DeadLetter& letter);
    Result<void> move_in_transaction(const std::string& destination, std::uint64_t expected,
                                     const ports::OutboxCursor& to, const std::optional<ports::DeadLetter>& letter);

    std::mutex mutex_;  // guards everything below
    Connection connection_;
    Statement begin_, commit_, rollback_;
    Statement create_, read_, move_;
    Statement page_, count_, wanted_, keep_, update_, remove_;
};

}  // namespace helix::ledger_sqlite
