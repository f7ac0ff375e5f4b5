#include "service/wire/verifier_key.hpp"

#include <string>

#include <gtest/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "service/wire/base64.hpp"

namespace helix::wire {
namespace {

constexpr ledger::Sha256 kSha = &openssl_digest::sha256;

// The example of Go's sumdb/note, known to every reader of signed notes.
constexpr const char* kNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

TEST(Base64, IsThatOfRfc4648) {
    for (const auto& [bytes, text] :
         {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(*from_base64(text), bytes);
    }
}

TEST(Base64, HasOneSpellingOnly) {
    for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Zh==", " Zg==", "Zg==\n", "Zm9v\n", "Zm-v", "====", "Z=g="})
        EXPECT_FALSE(from_base64(wrong).ok()) << wrong;
}

TEST(VerifierKey, ReadsAndWritesWhatGoDoes) {
    const auto key = parse_verifier(kNeumann, kSha);
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(key->name, "PeterNeumann");
    EXPECT_EQ(ledger::key_id(*key, kSha), "PeterNeumann+c74f20a3");
    EXPECT_EQ(to_verifier(*key, kSha), kNeumann);
}

TEST(VerifierKey, RefusesWhatIsNotOne) {
    const std::string good = kNeumann;
    for (const std::string& wrong :
         {std::string(), std::string("a"), std::string("a+b"), good + "A", "x" + good, "+" + good,
          std::string("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
          std::string("PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")})
        EXPECT_FALSE(parse_verifier(wrong, kSha).ok()) << wrong;
}

TEST(VerifierKey, AListNamesItsWrongLine) {
    const std::string list = std::string("# ours\n\n") + kNeumann + "\r\n" + kNeumann;
    EXPECT_EQ(parse_verifiers(list, kSha, "keys")->size(), 2U);
    EXPECT_EQ(parse_verifiers(list + "\nwrong", kSha, "keys").error().where, "keys:5");
    EXPECT_EQ(parse_verifiers("# nothing\n", kSha, "keys").error().where, "keys");
}

}  // namespace
}  // namespace helix::wire
