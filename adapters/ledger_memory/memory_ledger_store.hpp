#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::ledger_memory {

/// The ledger in memory, for tests and simulation: it keeps every promise of the ports but durability.
class MemoryLedgerStore : public ports::LedgerStore, public ports::LeaseStore, public ports::TreeStore {
public:
    Result<void> commit(std::span<const ports::Entry> entries) override;
    Result<std::optional<ledger::Head>> head() override;
    Result<ledger::Record> read(std::uint64_t seq) override;
    Result<std::optional<std::uint64_t>> find(std::string_view name) override;
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override;
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

    Result<ports::Lease> acquire(const std::string& name, const std::string& holder,
                                 std::chrono::milliseconds ttl) override;
    Result<void> renew(const ports::Lease& lease, std::chrono::milliseconds ttl) override;
    Result<void> release(const ports::Lease& lease) override;

    Result<std::vector<ledger::Digest>> tree_nodes(unsigned level, std::uint64_t from, std::size_t count) override;
    Result<std::uint64_t> tree_nodes_end(unsigned level) override;
    Result<void> put_tree_nodes(unsigned level, std::uint64_t from, std::span<const ledger::Digest> nodes) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Held {
        std::string holder;
        std::uint64_t epoch = 0;
        Time expires_at;
    };

    Result<void> check(std::span<const ports::Entry> entries) const;
    Held* held(const ports::Lease& lease);

    std::mutex mutex_;
    std::vector<ledger::Record> records_;  // records_[i].seq == i
    std::map<std::string, std::uint64_t, std::less<>> names_;
    std::map<std::string, Held, std::less<>> leases_;
    std::map<unsigned, std::map<std::uint64_t, ledger::Digest>> tree_;  // level, index
};

}  // namespace helix::ledger_memory
