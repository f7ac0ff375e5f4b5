#include <filesystem>

#include <gtest/gtest.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "tests/contract/lease_store_contract.hpp"
#include "tests/contract/ledger_store_contract.hpp"
#include "tests/contract/tree_store_contract.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::contract {
namespace {

std::unique_ptr<ledger_sqlite::SqliteLedgerStore> open_sqlite(const std::string& place) {
    static const ledger::TempFolder folder;
    auto store = ledger_sqlite::SqliteLedgerStore::open(folder.file(place + ".sqlite"));
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
}

const LedgerEngine kSqlite{.name = "sqlite", .open = open_sqlite};

const LeaseEngine kSqliteLeases{.name = "sqlite", .open = [](const std::string& place) {
                                    const std::shared_ptr<ledger_sqlite::SqliteLedgerStore> store = open_sqlite(place);
                                    return LeaseEngineStores{store, store.get(), store.get()};
                                }};

const TreeEngine kSqliteTree{.name = "sqlite", .open = open_sqlite};

// Reading a ledger is a matter of roles: the file must not give it to every user of the machine.
TEST(SqliteLedger, IsItsOwnersAlone) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("ledger.sqlite");
    const auto store = ledger_sqlite::SqliteLedgerStore::open(path);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->append_all(ledger::sample_chain(3)).ok());
    using std::filesystem::perms;
    for (const std::string& file : {path, path + "-wal", path + "-shm"})
        EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write) << file;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LeaseStoreContract, testing::Values(kSqliteLeases), lease_engine_name);
INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerStoreContract, testing::Values(kSqlite), engine_name);
INSTANTIATE_TEST_SUITE_P(Sqlite, TreeStoreContract, testing::Values(kSqliteTree), tree_engine_name);

}  // namespace
}  // namespace helix::contract
