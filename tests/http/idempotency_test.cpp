#include "service/http/idempotency.hpp"

#include <gtest/gtest.h>

namespace helix::http {
namespace {

TEST(IdempotencyKeys, AnswersTheSecondRequestWithTheFirstAnswer) {
    IdempotencyKeys keys;
    ASSERT_FALSE(keys.claim("k", 1)->has_value());
    keys.finish("k", {201, "application/json", "{}"});
    const auto again = keys.claim("k", 1);
    ASSERT_TRUE(again.ok() && again->has_value());
    EXPECT_EQ((*again)->body, "{}");
}

TEST(IdempotencyKeys, RefusesWhileTheFirstRunsAndForAnotherRequest) {
    IdempotencyKeys keys;
    ASSERT_TRUE(keys.claim("k", 1).ok());
    EXPECT_EQ(keys.claim("k", 1).error().code, Code::Conflict);
    EXPECT_EQ(keys.claim("k", 2).error().code, Code::InvalidArgument);
}

TEST(IdempotencyKeys, AnAbandonedKeyIsFreeAgain) {
    IdempotencyKeys keys;
    ASSERT_TRUE(keys.claim("k", 1).ok());
    keys.abandon("k");
    EXPECT_FALSE(keys.claim("k", 2)->has_value());
}

TEST(IdempotencyKeys, ForgetsTheOldestBeyondItsBound) {
    IdempotencyKeys keys(2);
    for (const char* key : {"a", "b", "c"}) {
        ASSERT_TRUE(keys.claim(key, 1).ok());
        keys.finish(key, {201, "", key});
    }
    EXPECT_FALSE(keys.claim("a", 1)->has_value());
    EXPECT_EQ((*keys.claim("c", 1))->body, "c");
}

}  // namespace
}  // namespace helix::http
