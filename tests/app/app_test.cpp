#include "service/app/app.hpp"

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "adapters/system/instance.hpp"
#include "service/app/ledger_trust.hpp"
#include "service/app/listen_address.hpp"
#include "service/app/open_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::app {
namespace {

TEST(ListenAddress, IsReadInItsForms) {
    EXPECT_EQ(parse_listen_address("127.0.0.1:8765")->port, 8765);
    EXPECT_EQ(parse_listen_address("[::1]:0")->host, "::1");
    EXPECT_EQ(parse_listen_address("localhost:1")->host, "localhost");
    for (const char* wrong : {"", ":1", "127.0.0.1", "::1:1", "[::1:1", "h:70000", "h:-1", "h:1x"})
        EXPECT_FALSE(parse_listen_address(wrong).ok()) << wrong;
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineReaches) {
    for (const char* here : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) EXPECT_TRUE(is_loopback(here)) << here;
    for (const char* out : {"0.0.0.0", "10.0.0.1", "::", "127.0.0.1.evil.example", "host"})
        EXPECT_FALSE(is_loopback(out)) << out;
}

TEST(Exposure, AnythingButLoopbackNeedsTlsAndTokens) {
    config::Config config;
    config.listen = "0.0.0.0:0";
    config.targets.push_back({"demo", "", false, true, ""});
    const auto bare = start(config);
    ASSERT_FALSE(bare.ok());
    EXPECT_EQ(bare.error().code, Code::PermissionDenied);
    config.tls_cert = "tls.crt";
    config.tls_key = "tls.key";
    EXPECT_EQ(start(config).error().code, Code::PermissionDenied);  // no tokens yet
    config.tls_key.clear();
    EXPECT_EQ(start(config).error().where, "tls_key");
}

config::Config simulated(const std::string& ledger) {
    config::Config config;
    config.listen = "127.0.0.1:0";
    config.ledger = ledger;
    config.log_level = "error";
    config.targets.push_back({"demo", "", false, true, ""});
    return config;
}

// Two names of one file: with a lock and a state of their own, two processes would fight, and sign with two keys.
TEST(Ledger, LockAndStateAreBesideTheFileThatLinksLeadTo) {
    for (const bool there : {false, true}) {
        const ledger::TempFolder folder;
        std::filesystem::create_symlink("a.db", folder.file("link.db"));
        ASSERT_TRUE(!there || migrate(simulated(folder.file("a.db"))).ok());
        const auto app = start(simulated(folder.file("link.db")));
        ASSERT_TRUE(app.ok()) << app.error().message;
        EXPECT_FALSE(system::FileLock(folder.file("a.db.lock")).held()) << "the service holds it";
        EXPECT_TRUE(std::filesystem::exists(folder.file("a.db.state/keys/0001.pem")));
        for (const char* beside : {"link.db.lock", "link.db.state", "link.db-wal"})
            EXPECT_FALSE(std::filesystem::exists(folder.file(beside))) << beside;
        (*app)->stop();
    }
}

// Keys made wherever the process happens to run would differ from start to start, and from replica to replica.
TEST(Ledger, KeysForADatabaseAreMadeOnlyWhereItIsSaid) {
    auto config = simulated("postgresql://helix@127.0.0.1:1/helix");
    const auto refused = start(config);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::InvalidArgument);
    EXPECT_EQ(refused.error().where, "state");
    EXPECT_NE(refused.error().mend.find("docs/postgresql.md"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists("helix-state"));
    for (const char* signing : {"off", "/etc/helix/keys"}) {
        config.signing = signing;
        EXPECT_TRUE(check_state(config).ok()) << signing;
    }
    config.signing = "auto";
    config.state = "/var/lib/helix";
    EXPECT_TRUE(check_state(config).ok());
    EXPECT_TRUE(check_state(simulated("helix-ledger.db")).ok());
}

TEST(Ledger, AMigrationMakesNoKeyAndNoRecord) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("a.db");
    const auto place = migrate(simulated(path));
    ASSERT_TRUE(place.ok()) << place.error().message;
    EXPECT_EQ(*place, path);
    EXPECT_FALSE(std::filesystem::exists(path + ".state"));
    EXPECT_EQ(open_ledger(path).value()->last_seq().value(), std::nullopt);
}

}  // namespace
}  // namespace helix::app
