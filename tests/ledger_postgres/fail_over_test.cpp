// The same address leads to another server: what a fail-over to a standby does that is empty, lags, or went its own
// way.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/amount.hpp"
#include "tests/support/postgres_relay.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/process.hpp"

namespace helix::ledger_postgres {
namespace {

using test_support::eventually;
using test_support::PostgresOptions;
using test_support::PostgresRelay;
using test_support::PostgresServer;

class FailOver : public testing::Test {
protected:
    static constexpr const char* kSchema = "ledger";

    void SetUp() override {
        primary->fresh_schema(kSchema);
        auto opened = PostgresLedgerStore::open(PostgresServer::url_at(relay.socket_folder(), "postgres", kSchema));
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        store = *std::move(opened);
        writer = std::make_unique<usecases::LedgerWriter>(*store, clock, ids, &openssl_digest::sha256);
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(append().ok());
    }

    Result<ledger::Record> append() { return writer->append("test.record", "t", "a", "{}"); }

    /// Once the new server is reached: before that, connections that were cut answer Unavailable.
    Result<ledger::Record> append_there() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        auto done = append();
        while (!done && done.error().code == Code::Unavailable && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            done = append();
        }
        return done;
    }

    std::unique_ptr<PostgresServer> primary = PostgresServer::start();
    std::unique_ptr<PostgresServer> standby = PostgresServer::start();
    PostgresRelay relay{primary->socket()};
    system::SystemClock clock;
    system::UlidSource ids{clock};
    std::unique_ptr<PostgresLedgerStore> store;
    std::unique_ptr<usecases::LedgerWriter> writer;
};

TEST_F(FailOver, AStandbyWithoutWhatWasAcknowledgedIsRefused) {
    // Without even the schema.
    relay.lead_to(standby->socket());
    EXPECT_EQ(append_there().error().code, Code::DataLoss);

    // With the tables and no record.
    const auto direct = *PostgresLedgerStore::open(standby->fresh_schema(kSchema));
    EXPECT_EQ(append_there().error().code, Code::DataLoss);
    EXPECT_EQ(*direct->head(), std::nullopt);

    // With the first five records: asynchronous replication lost the rest.
    relay.lead_to(primary->socket());
    std::vector<ledger::Record> first;
    const auto origin = *PostgresLedgerStore::open(primary->url("postgres", kSchema));
    for (std::uint64_t seq = 0; seq < 5; ++seq) first.push_back(*origin->read(seq));
    ASSERT_TRUE(direct->append_all(first).ok());
    relay.lead_to(standby->socket());
    const auto refused = append_there();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss);
    EXPECT_EQ(refused.error().where, "seq 19");

    // It went on by itself, past where we were.
    for (int i = 0; i < 30; ++i) {
        const auto head = *direct->head();
        auto record = ledger::sample_after(head);
        ledger::seal_sample(record, head);
        ASSERT_TRUE(direct->append(record).ok());
    }
    EXPECT_EQ(append_there().error().code, Code::DataLoss);
    EXPECT_EQ((*direct->head())->seq, 34U);

    // The server that has it all is taken again, without hands.
    relay.lead_to(primary->socket());
    const auto again = append_there();
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->seq, 20U);
}

/// A primary with a synchronous standby is killed under load, and the standby promoted: all that was acknowledged is
/// there, the writers go on by themselves.
TEST(Promotion, OfASynchronousStandbyLosesNothingThatWasAcknowledged) {
    constexpr const char* kSchema = "ledger";
    const int rounds = test_support::amount("HELIX_FAIL_OVERS", 3);
    auto primary = PostgresServer::start();
    primary->fresh_schema(kSchema);
    PostgresRelay relay(primary->socket());
    const auto store = *PostgresLedgerStore::open(PostgresServer::url_at(relay.socket_folder(), "postgres", kSchema));
    system::SystemClock clock;
    system::UlidSource ids{clock};
    usecases::LedgerWriter writer(*store, clock, ids, &openssl_digest::sha256);
    std::mutex mutex;
    std::map<std::uint64_t, ledger::Digest> acknowledged;
    std::size_t unknown = 0, lost = 0;
    std::int64_t longest_ms = 0;
    for (int round = 0; round < rounds; ++round) {
        PostgresOptions following;
        following.standby_of = primary->socket_folder();
        following.settings = {"cluster_name=standby"};
        auto standby = PostgresServer::start(following);
        primary->sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        primary->sql("SELECT pg_reload_conf()");
        ASSERT_TRUE(eventually(30, [&] {
            return primary->sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1";
        }));
        const auto count = [&] {
            const std::lock_guard lock(mutex);
            return acknowledged.size();
        };
        const std::size_t before = count();
        std::atomic<bool> over = false;
        {
            std::vector<std::jthread> writers;
            for (int i = 0; i < 4; ++i)
                writers.emplace_back([&] {
                    while (!over) {
                        const auto record = writer.append("test.record", "t", "a", "{}");
                        const std::lock_guard lock(mutex);
                        if (record) acknowledged[record->seq] = record->hash;
                        if (!record && record.error().code == Code::UnknownOutcome) ++unknown;
                        if (!record && record.error().code == Code::DataLoss) ++lost;
                        if (!record) std::this_thread::yield();
                    }
                });
            EXPECT_TRUE(eventually(30, [&] { return count() >= before + 100; }));
            primary->kill();
            const auto killed_at = std::chrono::steady_clock::now();
            EXPECT_EQ(standby->sql("SELECT pg_promote()"), "t");
            standby->sql("ALTER SYSTEM RESET synchronous_standby_names");
            standby->sql("SELECT pg_reload_conf()");
            const std::size_t at_promotion = count();
            relay.lead_to(standby->socket());
            EXPECT_TRUE(eventually(30, [&] { return count() >= at_promotion + 100; })) << "the writers did not go on";
            longest_ms = std::max(longest_ms, std::chrono::duration_cast<std::chrono::milliseconds>(
                                                  std::chrono::steady_clock::now() - killed_at)
                                                  .count());
            over = true;
        }
        for (const auto& [seq, hash] : acknowledged) {
            const auto there = store->hashes(seq, 1);
            ASSERT_TRUE(there.ok() && !there->empty() && there->front() == hash) << "lost: seq " << seq;
        }
        EXPECT_TRUE(usecases::verify_ledger(*store, &openssl_digest::sha256)->whole());
        primary = std::move(standby);
    }
    EXPECT_EQ(lost, 0U) << "refused for what a promoted standby lacks";
    std::printf("%d promotions: %zu acknowledged, 0 lost, %zu outcomes unknown, writing again after %ld ms at most\n",
                rounds, acknowledged.size(), unknown, static_cast<long>(longest_ms));
}

}  // namespace
}  // namespace helix::ledger_postgres
