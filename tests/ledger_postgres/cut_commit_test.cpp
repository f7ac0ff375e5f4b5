// The connection breaks exactly at COMMIT: before the server got it, or after it was done and before its answer came.
#include <future>

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/rows.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/amount.hpp"
#include "tests/support/postgres_relay.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/process.hpp"

namespace helix::ledger_postgres {
namespace {

using test_support::eventually;
using test_support::PostgresRelay;
using test_support::PostgresServer;

class CutCommit : public testing::Test {
protected:
    void open(const std::string& schema, std::chrono::milliseconds find_out) {
        direct = *PostgresLedgerStore::open(server.fresh_schema(schema));
        Options options;
        options.pool.find_out = find_out;
        auto opened =
            PostgresLedgerStore::open(PostgresServer::url_at(relay.socket_folder(), "postgres", schema), options);
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        store = *std::move(opened);
    }

    /// A record that continues what is really there.
    [[nodiscard]] ledger::Record next() const {
        const auto head = *direct->head();
        auto record = ledger::sample_after(head);
        ledger::seal_sample(record, head);
        return record;
    }

    PostgresServer& server = PostgresServer::shared();
    PostgresRelay relay{server.socket()};
    std::unique_ptr<PostgresLedgerStore> direct, store;
};

const int kRounds = test_support::amount("HELIX_CUTS", 100);

TEST_F(CutCommit, TheOutcomeIsFoundOutEachTime) {
    open("found_out", std::chrono::seconds(60));
    int done = 0;
    for (int round = 0; round < kRounds; ++round) {
        const bool after = round % 2 == 0;
        const ledger::Record record = next();
        relay.cut_next(after ? PostgresRelay::Cut::AfterCommit : PostgresRelay::Cut::BeforeCommit);
        const auto told = store->append(record);
        EXPECT_TRUE(told.ok()) << "round " << round
                               << ": done before the cut, or on another connection: " << told.error().message;
        EXPECT_EQ((*direct->head())->hash, record.hash) << "round " << round;
        done += after ? 1 : 0;
    }
    EXPECT_EQ(relay.cuts(), kRounds);
    EXPECT_EQ((*direct->head())->seq + 1, static_cast<std::uint64_t>(kRounds)) << "each once";
    std::printf("  %d commits cut, %d were done, the others done again\n", kRounds, done);
}

TEST_F(CutCommit, AStatementThatTheServerHasIsDoneOnce) {
    open("in_the_middle", std::chrono::seconds(60));
    for (int round = 0; round < kRounds; ++round) {
        const ledger::Record record = next();
        relay.cut_next(PostgresRelay::Cut::WithCommit);
        EXPECT_TRUE(store->append(record).ok()) << "round " << round;
        EXPECT_EQ((*direct->head())->hash, record.hash) << "round " << round;
    }
    EXPECT_EQ(relay.cuts(), kRounds);
    EXPECT_EQ((*direct->head())->seq + 1, static_cast<std::uint64_t>(kRounds)) << "each once";
}

TEST_F(CutCommit, AStatementThatWaitsWhenItsConnectionGoesIsWaitedFor) {
    open("waiting", std::chrono::seconds(60));
    const std::string waiting = " FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE 'WITH turn%'";
    for (const bool ended : {false, true}) {
        const ledger::Record record = next();
        pqxx::connection rival(server.url("postgres", "waiting"));
        pqxx::work turn(rival);
        turn.exec("SELECT " HELIX_LEDGER_TURN);
        relay.cut_next(PostgresRelay::Cut::WithCommit);
        auto told = std::async(std::launch::async, [&] { return store->append(record); });
        ASSERT_TRUE(eventually(30, [&] { return server.sql("SELECT count(*)" + waiting) == "1"; }));
        EXPECT_EQ(told.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout) << "it may yet be done";
        if (ended) server.sql("SELECT pg_terminate_backend(pid)" + waiting);
        turn.commit();
        EXPECT_TRUE(told.get().ok());
        EXPECT_EQ((*direct->head())->hash, record.hash);
    }
    EXPECT_EQ((*direct->head())->seq, 1U) << "each once";
}

TEST_F(CutCommit, ALeaseTakenInACutCommitIsHeld) {
    open("lease_cut", std::chrono::seconds(60));
    relay.cut_next(PostgresRelay::Cut::AfterCommit);
    const auto lease = store->acquire("helix", "one", std::chrono::seconds(60));
    ASSERT_TRUE(lease.ok()) << lease.error().message;
    EXPECT_EQ(lease->epoch, 1U);
    EXPECT_EQ(direct->acquire("helix", "two", std::chrono::seconds(60)).error().code, Code::Conflict);
    relay.cut_next(PostgresRelay::Cut::BeforeCommit);
    EXPECT_EQ(store->acquire("another", "one", std::chrono::seconds(60)).error().code, Code::Unavailable);
    EXPECT_EQ(direct->acquire("another", "two", std::chrono::seconds(60))->epoch, 1U);
}

TEST_F(CutCommit, OnlyWhileTheServerStaysAwayIsTheOutcomeUnknown) {
    open("stays_away", std::chrono::milliseconds(200));
    const ledger::Record record = next();
    relay.cut_next(PostgresRelay::Cut::AfterCommit, true);
    EXPECT_EQ(store->append(record).error().code, Code::UnknownOutcome);
    EXPECT_TRUE(direct->read(record.seq).ok());
    relay.let_through();
    const ledger::Record second = next();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    Result<void> told = error(Code::Internal, "not tried");
    while (!told && std::chrono::steady_clock::now() < deadline) told = store->append(second);
    EXPECT_TRUE(told.ok()) << told.error().message;
}

}  // namespace
}  // namespace helix::ledger_postgres
