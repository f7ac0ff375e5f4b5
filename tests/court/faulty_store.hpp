#pragma once

#include <span>
#include <string>
#include <vector>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "tests/court/fate.hpp"

namespace helix::testing {

/// A ledger's store as one process sees it that fails as a database does, or is killed at a commit. A real store cannot
/// be made to fail at a chosen statement, thousands of times, in virtual time; the store behind it is a real one.
class FaultyStore : public ports::LedgerStore {
public:
    FaultyStore(ledger_memory::MemoryLedgerStore& store, Fate& fate, int fail_pm, int kill_pm)
        : store_(store), fate_(fate), fail_pm_(fail_pm), kill_pm_(kill_pm) {}

    Result<void> commit(std::span<const ports::Entry> entries) override {
        fate_.maybe_kill(kill_pm_);
        if (fate_.strikes(fail_pm_)) return error(Code::Unavailable, "the ledger cannot be written");
        if (fate_.strikes(fail_pm_)) {
            if (fate_.chance(50)) (void)store_.commit(entries);
            return error(Code::UnknownOutcome, "the commit's answer was lost");
        }
        auto done = store_.commit(entries);
        fate_.maybe_kill(kill_pm_);
        return done;
    }
    Result<std::optional<ledger::Head>> head() override {
        if (unreadable()) return lost();
        return store_.head();
    }
    Result<ledger::Record> read(std::uint64_t seq) override {
        if (unreadable()) return lost();
        return store_.read(seq);
    }
    Result<std::optional<std::uint64_t>> find(std::string_view name) override {
        if (unreadable()) return lost();
        return store_.find(name);
    }
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override {
        return store_.hashes(from_seq, count);
    }
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override {
        if (unreadable()) return lost();
        return store_.list(query);
    }
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override { return store_.scan(from_seq, visit); }

private:
    bool unreadable() { return fate_.strikes(fail_pm_ / 4); }
    static Error lost() { return error(Code::Unavailable, "the ledger cannot be read"); }

    ledger_memory::MemoryLedgerStore& store_;
    Fate& fate_;
    const int fail_pm_;
    const int kill_pm_;
};

}  // namespace helix::testing
