#pragma once

#include <memory>
#include <utility>

#include "adapters/postgres/pool.hpp"
#include "service/ports/outbox_store.hpp"

namespace helix::ledger_postgres {

/// Cursors and dead letters in the ledger's database, over the connections of its store, which has brought the schema
/// up to date. Thread safety: any method from any thread.
class PostgresOutboxStore final : public ports::OutboxStore {
public:
    explicit PostgresOutboxStore(std::shared_ptr<postgres::Pool> pool) : pool_(std::move(pool)) {}

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
    const std::shared_ptr<postgres::Pool> pool_;
};

}  // namespace helix::ledger_postgres
