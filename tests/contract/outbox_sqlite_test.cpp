#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_outbox_store.hpp"
#include "tests/contract/outbox_store_contract.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::contract {
namespace {

std::shared_ptr<ports::OutboxStore> open_sqlite(const std::string& place) {
    static const ledger::TempFolder folder;
    const std::string path = folder.file(place + ".sqlite");
    const auto ledger = ledger_sqlite::SqliteLedgerStore::open(path);
    auto store = ledger_sqlite::SqliteOutboxStore::open(path);
    if (ledger && store) return *std::move(store);
    ADD_FAILURE() << (ledger ? store.error().message : ledger.error().message);
    return nullptr;
}

const OutboxEngine kSqlite{.name = "sqlite", .open = open_sqlite};

INSTANTIATE_TEST_SUITE_P(Sqlite, OutboxStoreContract, testing::Values(kSqlite), outbox_engine_name);

}  // namespace
}  // namespace helix::contract
