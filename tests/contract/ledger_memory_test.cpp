#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "tests/contract/lease_store_contract.hpp"
#include "tests/contract/ledger_store_contract.hpp"
#include "tests/contract/tree_store_contract.hpp"

namespace helix::contract {
namespace {

const LedgerEngine kMemory{
    .name = "memory",
    .open = [](const std::string&) { return std::make_unique<ledger_memory::MemoryLedgerStore>(); },
    .shared = false,
    .durable = false,
};

const LeaseEngine kMemoryLeases{.name = "memory", .open = [](const std::string&) {
                                    auto store = std::make_shared<ledger_memory::MemoryLedgerStore>();
                                    return LeaseEngineStores{store, store.get(), store.get()};
                                }};

const TreeEngine kMemoryTree{
    .name = "memory", .open = [](const std::string&) { return std::make_shared<ledger_memory::MemoryLedgerStore>(); }};

INSTANTIATE_TEST_SUITE_P(Memory, LeaseStoreContract, testing::Values(kMemoryLeases), lease_engine_name);
INSTANTIATE_TEST_SUITE_P(Memory, LedgerStoreContract, testing::Values(kMemory), engine_name);
INSTANTIATE_TEST_SUITE_P(Memory, TreeStoreContract, testing::Values(kMemoryTree), tree_engine_name);

}  // namespace
}  // namespace helix::contract
