#include "adapters/ledger_memory/memory_outbox_store.hpp"
#include "tests/contract/outbox_store_contract.hpp"

namespace helix::contract {
namespace {

const OutboxEngine kMemory{
    .name = "memory",
    .open = [](const std::string&) { return std::make_shared<ledger_memory::MemoryOutboxStore>(); },
    .durable = false,
};

INSTANTIATE_TEST_SUITE_P(Memory, OutboxStoreContract, testing::Values(kMemory), outbox_engine_name);

}  // namespace
}  // namespace helix::contract
