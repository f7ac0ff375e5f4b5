#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "tests/contract/ledger_store_contract.hpp"

namespace helix::contract {
namespace {

const LedgerEngine kMemory{
    .name = "memory",
    .open = [](const std::string&) { return std::make_unique<ledger_memory::MemoryLedgerStore>(); },
    .shared = false,
    .durable = false,
};

INSTANTIATE_TEST_SUITE_P(Memory, LedgerStoreContract, testing::Values(kMemory), engine_name);

}  // namespace
}  // namespace helix::contract
