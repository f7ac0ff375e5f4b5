#include "adapters/ledger_memory/memory_ledger_store.hpp"

#include <algorithm>
#include <string>

namespace helix::ledger_memory {

using ledger::Record;

Result<void> MemoryLedgerStore::append(const Record& record) {
    return append_all({&record, 1});
}

Result<void> MemoryLedgerStore::append_all(std::span<const Record> records) {
    const std::lock_guard lock(mutex_);
    std::uint64_t seq = records_.size();
    ledger::Digest link = records_.empty() ? ledger::Digest{} : records_.back().hash;
    for (const Record& record : records) {
        if (record.seq != seq || record.prev_hash != link)
            return error(Code::Conflict, "record " + std::to_string(record.seq) + " does not continue the head");
        ++seq;
        link = record.hash;
    }
    records_.insert(records_.end(), records.begin(), records.end());
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

Result<std::vector<Record>> MemoryLedgerStore::list(const ports::LedgerQuery& query) {
    if (auto valid = ports::check(query); !valid) return valid.error();
    const std::lock_guard lock(mutex_);
    const std::uint64_t size = records_.size();
    std::vector<Record> page;
    const auto take = [&](const Record& record) {
        if (!query.kind.empty() && record.kind != query.kind) return;
        if (!query.target.empty() && record.target != query.target) return;
        page.push_back(record);
    };
    if (query.newest_first) {
        std::uint64_t end = query.from_seq && *query.from_seq < size ? *query.from_seq + 1 : size;
        while (end > 0 && page.size() < query.limit) take(records_[--end]);
    } else {
        for (std::uint64_t seq = query.from_seq.value_or(0); seq < size && page.size() < query.limit; ++seq)
            take(records_[seq]);
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

}  // namespace helix::ledger_memory
