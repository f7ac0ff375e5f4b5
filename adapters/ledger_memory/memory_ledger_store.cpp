#include "adapters/ledger_memory/memory_ledger_store.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace helix::ledger_memory {

using ledger::Record;

Result<void> MemoryLedgerStore::check(std::span<const ports::Entry> entries) const {
    std::uint64_t seq = records_.size();
    ledger::Digest link = records_.empty() ? ledger::Digest{} : records_.back().hash;
    std::set<std::string_view> given;
    for (const ports::Entry& entry : entries) {
        const Record& record = entry.record;
        if (record.seq != seq || record.prev_hash != link) return ports::not_continuing(record.seq);
        ++seq;
        link = record.hash;
        for (const std::string& name : entry.names) {
            if (auto valid = ports::check_name(name); !valid) return valid;
            if (names_.contains(name) || !given.insert(name).second) return ports::name_taken(name);
        }
        if (!entry.fence) continue;
        const auto lease = leases_.find(entry.fence->lease);
        if (lease == leases_.end() || lease->second.epoch != entry.fence->epoch)
            return ports::fenced_off(entry.fence->lease);
    }
    return {};
}

Result<void> MemoryLedgerStore::commit(std::span<const ports::Entry> entries) {
    const std::lock_guard lock(mutex_);
    if (auto valid = check(entries); !valid) return valid;
    for (const ports::Entry& entry : entries) {
        records_.push_back(entry.record);
        for (const std::string& name : entry.names) names_.emplace(name, entry.record.seq);
    }
    return {};
}

Result<std::optional<ledger::Head>> MemoryLedgerStore::head() {
    const std::lock_guard lock(mutex_);
    if (records_.empty()) return std::optional<ledger::Head>();
    return std::optional(ledger::Head{records_.back().seq, records_.back().hash});
}

Result<Record> MemoryLedgerStore::read(std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    if (seq >= records_.size()) return error(Code::NotFound, "no ledger record " + std::to_string(seq));
    return records_[seq];
}

Result<std::optional<std::uint64_t>> MemoryLedgerStore::find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(name);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<ledger::Digest>> MemoryLedgerStore::hashes(std::uint64_t from_seq, std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<ledger::Digest> hashes;
    for (std::uint64_t seq = from_seq; seq < records_.size() && hashes.size() < count; ++seq)
        hashes.push_back(records_[seq].hash);
    return hashes;
}

Result<std::vector<Record>> MemoryLedgerStore::list(const ports::LedgerQuery& query) {
    if (auto valid = ports::check(query); !valid) return valid.error();
    const std::lock_guard lock(mutex_);
    const std::uint64_t size = records_.size();
    std::vector<Record> page;
    ports::PageMeter meter(query.limit, query.bytes_max);
    const auto take = [&](const Record& record) {
        if (!query.kind.empty() && record.kind != query.kind) return;
        if (!query.target.empty() && record.target != query.target) return;
        page.push_back(record);
        meter.add(record);
    };
    if (query.newest_first) {
        std::uint64_t end = query.from_seq && *query.from_seq < size ? *query.from_seq + 1 : size;
        while (end > 0 && !meter.full()) take(records_[--end]);
    } else {
        for (std::uint64_t seq = query.from_seq.value_or(0); seq < size && !meter.full(); ++seq) take(records_[seq]);
    }
    return page;
}

Result<void> MemoryLedgerStore::scan(std::uint64_t from_seq, const Visitor& visit) {
    for (std::uint64_t seq = from_seq;; ++seq) {
        Record record;
        {
            const std::lock_guard lock(mutex_);
            if (seq >= records_.size()) return {};
            record = records_[seq];
        }
        if (!visit(record)) return {};
    }
}

Result<ports::Lease> MemoryLedgerStore::acquire(const std::string& name, const std::string& holder,
                                                std::chrono::milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    const Time now = std::chrono::steady_clock::now();
    Held& held = leases_[name];
    if (!held.holder.empty() && held.holder != holder && now < held.expires_at)
        return ports::held_by(held.holder,
                              std::chrono::duration_cast<std::chrono::milliseconds>(held.expires_at - now));
    held = {holder, held.epoch + 1, now + ttl};
    return ports::Lease{name, holder, held.epoch};
}

/// The lease as it is kept, when `lease` is its newest taking; nullptr otherwise.
MemoryLedgerStore::Held* MemoryLedgerStore::held(const ports::Lease& lease) {
    const auto found = leases_.find(lease.name);
    return found != leases_.end() && found->second.epoch == lease.epoch ? &found->second : nullptr;
}

Result<void> MemoryLedgerStore::renew(const ports::Lease& lease, std::chrono::milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    Held* held = this->held(lease);
    if (held == nullptr) return ports::fenced_off(lease.name);
    held->expires_at = std::chrono::steady_clock::now() + ttl;
    return {};
}

Result<void> MemoryLedgerStore::release(const ports::Lease& lease) {
    const std::lock_guard lock(mutex_);
    if (Held* held = this->held(lease); held != nullptr) held->expires_at = Time{};
    return {};
}

Result<std::vector<ledger::Digest>> MemoryLedgerStore::tree_nodes(unsigned level, std::uint64_t from,
                                                                  std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<ledger::Digest> nodes;
    const auto& row = tree_[level];
    for (auto node = row.find(from); node != row.end() && node->first == from + nodes.size() && nodes.size() < count;
         ++node)
        nodes.push_back(node->second);
    return nodes;
}

Result<std::uint64_t> MemoryLedgerStore::tree_nodes_end(unsigned level) {
    const std::lock_guard lock(mutex_);
    const auto& row = tree_[level];
    return row.empty() ? 0 : row.rbegin()->first + 1;
}

Result<void> MemoryLedgerStore::put_tree_nodes(unsigned level, std::uint64_t from,
                                               std::span<const ledger::Digest> nodes) {
    const std::lock_guard lock(mutex_);
    auto& row = tree_[level];
    for (std::size_t i = 0; i < nodes.size(); ++i)
        if (const auto kept = row.find(from + i); kept != row.end() && kept->second != nodes[i])
            return ports::another_node_kept(level, from + i);
    for (const ledger::Digest& node : nodes) row.emplace(from++, node);
    return {};
}

}  // namespace helix::ledger_memory
