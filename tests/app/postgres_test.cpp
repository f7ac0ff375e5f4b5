// The whole service on a ledger in PostgreSQL.
#include <string>

#include <gtest/gtest.h>
#include <httplib.h>

#include "service/app/app.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/process.hpp"

namespace helix::app {
namespace {

config::Config config_on(const std::string& ledger) {
    config::Config config;
    config.listen = "127.0.0.1:0";
    config.ledger = ledger;
    config.targets.push_back({"demo", "", false, true, ""});
    static const ledger::TempFolder state;
    config.state = state.file("state");
    return config;
}

/// Asks /readyz until it answers `status`; its body.
std::string readiness(httplib::Client& client, int status) {
    std::string body;
    EXPECT_TRUE(test_support::eventually(30,
                                         [&] {
                                             const auto answer = client.Get("/readyz");
                                             if (!answer || answer->status != status) return false;
                                             body = answer->body;
                                             return true;
                                         }))
        << "never " << status;
    return body;
}

TEST(Postgres, TheServiceNamesItsLedgerAndOutlivesItsServer) {
    const auto server = test_support::PostgresServer::start();
    const auto app = start(config_on(server->url()));
    ASSERT_TRUE(app.ok()) << app.error().message;
    httplib::Client client((*app)->url());
    EXPECT_NE(readiness(client, 200).find("postgresql://postgres@"), std::string::npos);
    server->kill();
    EXPECT_NE(readiness(client, 503).find("\"ledger\""), std::string::npos);
    server->launch();
    readiness(client, 200);
    EXPECT_EQ(client.Get("/v1/ledger")->status, 200);
    (*app)->stop();
}

TEST(Postgres, APasswordInTheUrlIsRefusedUnread) {
    const auto refused = start(config_on("postgresql://zoe:canary@127.0.0.1:1/helix"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::InvalidArgument);
    EXPECT_EQ((refused.error().message + refused.error().mend).find("canary"), std::string::npos);
}

}  // namespace
}  // namespace helix::app
