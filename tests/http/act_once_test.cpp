#include "service/http/act_once.hpp"

#include <gtest/gtest.h>

namespace helix::http {
namespace {

httplib::Request with_keys(const std::vector<std::string>& keys) {
    httplib::Request request;
    for (const std::string& key : keys) request.headers.emplace("Idempotency-Key", key);
    return request;
}

TEST(IdempotencyKey, IsNeededToActAndVisible) {
    EXPECT_EQ(*idempotency_key_of(with_keys({"k-1"}), false), "k-1");
    EXPECT_EQ(*idempotency_key_of(with_keys({}), true), "");
    EXPECT_EQ(idempotency_key_of(with_keys({}), false).error().code, Code::InvalidArgument);
    EXPECT_FALSE(idempotency_key_of(with_keys({"a b"}), false).ok());
    EXPECT_FALSE(idempotency_key_of(with_keys({std::string(256, 'k')}), false).ok());
}

// Whoever takes the first line and whoever takes the last would answer two different requests.
TEST(IdempotencyKey, GivenTwiceIsRefused) {
    for (const bool dry_run : {false, true}) {
        const auto key = idempotency_key_of(with_keys({"k-1", "k-2"}), dry_run);
        ASSERT_FALSE(key.ok());
        EXPECT_EQ(key.error().code, Code::InvalidArgument);
        EXPECT_EQ(key.error().where, "Idempotency-Key");
        httplib::Response response;
        write_bad_key(key.error(), response);
        EXPECT_EQ(response.status, 400);
    }
}

}  // namespace
}  // namespace helix::http
