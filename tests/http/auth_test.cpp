#include "service/http/auth.hpp"

#include <gtest/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"

namespace helix::http {
namespace {

httplib::Request asking(const std::string& token, const std::string& host = "localhost:8765") {
    httplib::Request request;
    request.headers.emplace("Host", host);
    if (!token.empty()) request.headers.emplace("Authorization", "Bearer " + token);
    return request;
}

std::string line(const std::string& name, const std::string& role, const std::string& token) {
    return name + ":" + role + ":" + ledger::to_hex(openssl_digest::sha256(token)) + "\n";
}

Authorizer two_tokens() {
    auto made = Authorizer::parse("# who may\n" + line("eye", "read", "t-read") + line("hand", "act", "t-act"),
                                  "tokens", openssl_digest::sha256);
    EXPECT_TRUE(made.ok());
    return *made;
}

TEST(Authorizer, GivesEachTokenItsRoleAndNoMore) {
    const Authorizer authorizer = two_tokens();
    EXPECT_EQ(authorizer.authorize(asking("t-act"), Role::Act)->name, "hand");
    EXPECT_EQ(authorizer.authorize(asking("t-act"), Role::Read)->name, "hand");
    EXPECT_EQ(authorizer.authorize(asking("t-read"), Role::Read)->name, "eye");
    EXPECT_EQ(authorizer.authorize(asking("t-read"), Role::Propose).error().code, Code::PermissionDenied);
}

TEST(Authorizer, RefusesWhoeverHasNone) {
    const Authorizer authorizer = two_tokens();
    EXPECT_EQ(authorizer.authorize(asking(""), Role::Read).error().code, Code::Unauthenticated);
    EXPECT_EQ(authorizer.authorize(asking("t-wrong"), Role::Read).error().code, Code::Unauthenticated);
}

TEST(Authorizer, WithoutTokensServesOnlyRequestsMeantForThisMachine) {
    const Authorizer open;
    for (const char* host : {"localhost", "127.0.0.1:8765", "[::1]:8765"})
        EXPECT_TRUE(open.authorize(asking("", host), Role::Act).ok()) << host;
    for (const char* host : {"evil.example", "localhost.evil.example:8765", "127.0.0.1.evil.example"})
        EXPECT_EQ(open.authorize(asking("", host), Role::Read).error().code, Code::PermissionDenied) << host;
}

TEST(Authorizer, NamesTheLineThatIsNoToken) {
    const auto wrong_role =
        Authorizer::parse(line("a", "read", "x") + line("b", "king", "y"), "tokens", openssl_digest::sha256);
    EXPECT_EQ(wrong_role.error().where, "tokens:2");
    EXPECT_FALSE(Authorizer::parse("a:read:abc\n", "tokens", openssl_digest::sha256).ok());
    EXPECT_FALSE(Authorizer::parse("# nobody\n", "tokens", openssl_digest::sha256).ok());
}

}  // namespace
}  // namespace helix::http
