#pragma once

#include <mutex>
#include <vector>

#include "service/ports/ledger_store.hpp"

namespace helix::ledger_memory {

/// The ledger in memory, for tests and simulation: it keeps every promise of the port but durability.
class MemoryLedgerStore : public ports::LedgerStore {
public:
    Result<void> append(const ledger::Record& record) override;
    Result<void> append_all(std::span<const ledger::Record> records) override;
    Result<std::optional<ledger::Head>> head() override;
    Result<ledger::Record> read(std::uint64_t seq) override;
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

private:
    std::mutex mutex_;
    std::vector<ledger::Record> records_;  // records_[i].seq == i
};

}  // namespace helix::ledger_memory
