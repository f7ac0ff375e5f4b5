// The server answers late or not at all: a lock that others hold, a link that is silent.
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/postgres_relay.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

using test_support::PostgresRelay;
using test_support::PostgresServer;

TEST(HeldUp, ALockThatOthersHoldIsWaitedForWithinBounds) {
    auto& server = PostgresServer::shared();
    Options options;
    options.pool.bounds.lock_ms = 100;
    const auto store = *PostgresLedgerStore::open(server.fresh_schema("held_up"), options);
    const auto chain = ledger::sample_chain(2);
    ASSERT_TRUE(store->append(chain[0]).ok());
    {
        pqxx::connection other(server.url("postgres", "held_up"));
        pqxx::work holding(other);
        holding.exec("LOCK TABLE records IN EXCLUSIVE MODE");  // reads go on
        EXPECT_EQ(store->append(chain[1]).error().code, Code::Unavailable);
        EXPECT_EQ((*store->head())->seq, 0U);
    }
    EXPECT_TRUE(store->append(chain[1]).ok());
}

TEST(HeldUp, ASilentServerIsGivenUpAndTakenAgainWhenItSpeaks) {
    auto& server = PostgresServer::shared();
    PostgresRelay relay(server.socket());
    server.fresh_schema("silent");
    Options options;
    options.pool.bounds.silence_ms = 2'000;  // also while the store opens, which takes a busy server its time
    options.pool.find_out = std::chrono::seconds(5);
    const auto opened =
        PostgresLedgerStore::open(PostgresServer::url_at(relay.socket_folder(), "postgres", "silent"), options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    const auto& store = *opened;
    const auto chain = ledger::sample_chain(2);
    ASSERT_TRUE(store->append(chain[0]).ok());
    relay.be_silent(true);
    EXPECT_EQ(store->head().error().code, Code::Unavailable);
    EXPECT_EQ(store->append(chain[1]).error().code, Code::Unavailable);
    relay.be_silent(false);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    Result<void> told = error(Code::Internal, "not tried");
    while (!told && std::chrono::steady_clock::now() < deadline) told = store->append(chain[1]);
    EXPECT_TRUE(told.ok()) << told.error().message;
}

}  // namespace
}  // namespace helix::ledger_postgres
