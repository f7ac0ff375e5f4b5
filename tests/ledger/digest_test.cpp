#include "domain/ledger/digest.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"

namespace helix::ledger {
namespace {

// FIPS 180-4 example values.
TEST(Digest, IsSha256) {
    EXPECT_EQ(to_hex(openssl_digest::sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(openssl_digest::sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(openssl_digest::sha256(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, IsTheSameInEveryThread) {
    const Digest expected = openssl_digest::sha256("shared");
    std::vector<int> wrong(4, 0);
    std::vector<std::jthread> threads;
    for (int& count : wrong)
        threads.emplace_back([&count, &expected] {
            for (int i = 0; i < 1000; ++i) count += openssl_digest::sha256("shared") == expected ? 0 : 1;
        });
    threads.clear();
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Digest, HexReadsBackAndHasOneSpelling) {
    const Digest digest = openssl_digest::sha256("x");
    Digest back{};
    ASSERT_TRUE(from_hex(to_hex(digest), back));
    EXPECT_EQ(back, digest);
    std::string upper = to_hex(digest);
    for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 32) : c;
    EXPECT_FALSE(from_hex(upper, back));
    EXPECT_FALSE(from_hex(to_hex(digest).substr(1), back));
    EXPECT_FALSE(from_hex(std::string(64, 'g'), back));
}

}  // namespace
}  // namespace helix::ledger
