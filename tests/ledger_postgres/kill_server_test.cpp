// The server is killed with SIGKILL while several appenders are at work, and started again.
#include <gtest/gtest.h>

#include "tests/ledger_postgres/appenders.hpp"
#include "tests/support/amount.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

constexpr std::chrono::seconds kBackWithin{10};

TEST(KillServer, NothingAcknowledgedIsLostAndTheServiceComesBackByItself) {
    const auto server = test_support::PostgresServer::start();
    Options options;
    options.pool.find_out = std::chrono::seconds(30);  // longer than the server is away: every outcome is found out
    Appenders appenders(server->url(), options, 2, 4);
    const int kills = test_support::amount("HELIX_SERVER_KILLS", 5);
    for (int kill = 0; kill < kills; ++kill) {
        ASSERT_TRUE(appenders.await(100, std::chrono::seconds(60)));
        server->kill();
        server->launch();
        ASSERT_TRUE(appenders.await(1, kBackWithin)) << "after kill " << kill;
    }
    appenders.stop();
    const auto store = PostgresLedgerStore::open(server->url());
    ASSERT_TRUE(store.ok()) << store.error().message;
    appenders.compare_with(**store);
    EXPECT_EQ(appenders.unknown(), 0U);
    std::printf("  the server was killed %d times\n", kills);
}

TEST(KillServer, WhileItIsAwayReadsAndWritesAreRefusedAtOnce) {
    const auto server = test_support::PostgresServer::start();
    const auto store = PostgresLedgerStore::open(server->url());
    ASSERT_TRUE(store.ok());
    const auto lease = (*store)->acquire("helix", "one", std::chrono::seconds(60));
    ASSERT_TRUE(lease.ok());
    server->kill();
    // Its children answer until each has noticed.
    const auto noticed = std::chrono::steady_clock::now() + kBackWithin;
    while ((*store)->head() && std::chrono::steady_clock::now() < noticed)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_FALSE((*store)->head().ok());
    EXPECT_EQ((*store)->head().error().code, Code::Unavailable);
    EXPECT_EQ((*store)->renew(*lease, std::chrono::seconds(60)).error().code, Code::Unavailable);
    EXPECT_GT((*store)->head().error().retry_after_s, 0);
    server->launch();
    const auto deadline = std::chrono::steady_clock::now() + kBackWithin;
    while (!(*store)->head() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE((*store)->renew(*lease, std::chrono::seconds(60)).ok());
}

}  // namespace
}  // namespace helix::ledger_postgres
