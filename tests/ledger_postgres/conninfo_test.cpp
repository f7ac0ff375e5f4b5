#include "adapters/postgres/conninfo.hpp"

#include <string>

#include <gtest/gtest.h>

namespace helix::postgres {
namespace {

TEST(Conninfo, KnowsAServerFromAFile) {
    EXPECT_TRUE(is_postgres_url("postgresql:///helix"));
    EXPECT_TRUE(is_postgres_url("postgres://db/helix"));
    EXPECT_FALSE(is_postgres_url("helix-ledger.db"));
    EXPECT_FALSE(is_postgres_url("/var/lib/postgres/ledger.db"));
}

TEST(Conninfo, ShowsWhereAndWhoAndKeepsWhatWasSaid) {
    const auto conninfo = parse_conninfo("postgres://zoe@db.example:6432/helix?connect_timeout=3");
    ASSERT_TRUE(conninfo.ok());
    EXPECT_EQ(conninfo->display, "postgresql://zoe@db.example:6432/helix");
    EXPECT_NE(conninfo->text.find("connect_timeout='3'"), std::string::npos);
    EXPECT_NE(conninfo->text.find("target_session_attrs='read-write'"), std::string::npos);
}

TEST(Conninfo, RefusesAPasswordAndNeverRepeatsIt) {
    for (const std::string url : {"postgresql://zoe:canary@db/helix", "postgresql://db/helix?password=canary",
                                  "postgresql://zoe:can%zzcanary@db/helix", "postgresql://zoe:canary@db:port:1/helix",
                                  "postgresql://db/helix?canary=1", "postgresql://db/helix?sslpassword=canary"}) {
        const auto refused = parse_conninfo(url);
        ASSERT_FALSE(refused.ok()) << url;
        const Error& said = refused.error();
        EXPECT_EQ(said.code, Code::InvalidArgument);
        EXPECT_EQ((said.message + said.mend + said.where).find("canary"), std::string::npos) << said.message;
    }
}

}  // namespace
}  // namespace helix::postgres
