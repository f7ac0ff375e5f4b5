// The same address leads to another server: what a fail-over to a standby does that is empty, lags, or went its own
// way.
#include <gtest/gtest.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/postgres_relay.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

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

}  // namespace
}  // namespace helix::ledger_postgres
