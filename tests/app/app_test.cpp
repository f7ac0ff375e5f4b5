#include "service/app/app.hpp"

#include <gtest/gtest.h>

#include "service/app/listen_address.hpp"

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

}  // namespace
}  // namespace helix::app
