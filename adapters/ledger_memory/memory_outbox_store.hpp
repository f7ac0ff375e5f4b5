#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "service/ports/outbox_store.hpp"

namespace helix::ledger_memory {

/// Cursors and dead letters in memory, for tests and simulation.
class MemoryOutboxStore : public ports::OutboxStore {
public:
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
    using Letters = std::map<std::uint64_t, ports::DeadLetter>;

    std::mutex mutex_;
    std::map<std::string, ports::OutboxCursor> cursors_;
    std::map<std::string, Letters> letters_;
};

}  // namespace helix::ledger_memory
