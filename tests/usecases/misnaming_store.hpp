#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/ledger_memory/memory_ledger_store.hpp"

namespace helix::testing {

/// A store in which chosen names lead elsewhere, as after a hand in the table record_keys: the stores' own rules keep a
/// real one from it.
class MisnamingStore : public ledger_memory::MemoryLedgerStore {
public:
    Result<std::optional<std::uint64_t>> find(std::string_view name) override {
        const auto found = astray.find(name);
        return found == astray.end() ? MemoryLedgerStore::find(name) : std::optional(found->second);
    }

    std::map<std::string, std::uint64_t, std::less<>> astray;
};

}  // namespace helix::testing
