#include "domain/core/result.hpp"

#include <string>

#include <gtest/gtest.h>

namespace helix {
namespace {

Result<int> half(int even) {
    if (even % 2 != 0) return error(Code::InvalidArgument, "odd", "give an even number");
    return even / 2;
}

TEST(Result, CarriesAValueOrItsError) {
    EXPECT_EQ(*half(4), 2);
    const auto refused = half(3);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::InvalidArgument);
    EXPECT_EQ(refused.error().mend, "give an even number");
}

TEST(Result, AndThenStopsAtTheFirstError) {
    EXPECT_EQ(*half(8).and_then(half), 2);
    EXPECT_EQ(half(6).and_then(half).error().message, "odd");
    EXPECT_EQ(half(5).and_then(half).error().code, Code::InvalidArgument);
}

TEST(Result, EveryCodeHasAName) {
    EXPECT_EQ(to_string(Code::UnknownOutcome), "unknown-outcome");
    EXPECT_EQ(to_string(Code::Blocked), "blocked");
}

}  // namespace
}  // namespace helix
