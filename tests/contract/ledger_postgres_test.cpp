#include <algorithm>
#include <cctype>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/postgres_outbox_store.hpp"
#include "tests/contract/lease_store_contract.hpp"
#include "tests/contract/ledger_store_contract.hpp"
#include "tests/contract/outbox_store_contract.hpp"
#include "tests/contract/tree_store_contract.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::contract {
namespace {

/// A place is a schema of the one server.
std::unique_ptr<ledger_postgres::PostgresLedgerStore> open_postgres(const std::string& place) {
    auto& server = test_support::PostgresServer::shared();
    std::string schema = place;
    std::transform(schema.begin(), schema.end(), schema.begin(),
                   [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::tolower(c)); });
    server.sql("CREATE SCHEMA IF NOT EXISTS " + schema);
    auto store = ledger_postgres::PostgresLedgerStore::open(server.url("postgres", schema));
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
}

const LedgerEngine kPostgres{.name = "postgres", .open = open_postgres};

const LeaseEngine kPostgresLeases{.name = "postgres", .open = [](const std::string& place) {
                                      const std::shared_ptr<ledger_postgres::PostgresLedgerStore> store =
                                          open_postgres(place);
                                      return LeaseEngineStores{store, store.get(), store.get()};
                                  }};

const OutboxEngine kPostgresOutbox{.name = "postgres",
                                   .open = [](const std::string& place) -> std::shared_ptr<ports::OutboxStore> {
                                       const auto store = open_postgres(place);
                                       if (store == nullptr) return nullptr;
                                       return std::make_shared<ledger_postgres::PostgresOutboxStore>(store->pool());
                                   }};

INSTANTIATE_TEST_SUITE_P(Postgres, LeaseStoreContract, testing::Values(kPostgresLeases), lease_engine_name);
INSTANTIATE_TEST_SUITE_P(Postgres, LedgerStoreContract, testing::Values(kPostgres), engine_name);
INSTANTIATE_TEST_SUITE_P(Postgres, OutboxStoreContract, testing::Values(kPostgresOutbox), outbox_engine_name);
INSTANTIATE_TEST_SUITE_P(Postgres, TreeStoreContract, testing::Values(TreeEngine{"postgres", open_postgres}),
                         tree_engine_name);

}  // namespace
}  // namespace helix::contract
