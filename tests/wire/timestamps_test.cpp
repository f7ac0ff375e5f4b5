#include "service/wire/timestamps.hpp"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace helix::wire {
namespace {

TEST(Timestamps, WritesSixDecimalsInUtc) {
    EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(1'709'210'096'000'007), "2024-02-29T12:34:56.000007Z");
    EXPECT_EQ(to_rfc3339(INT64_MAX), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(INT64_MIN), "0000-01-01T00:00:00.000000Z");
}

TEST(Timestamps, ReadsEveryFormOfRfc3339) {
    EXPECT_EQ(*from_rfc3339("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(*from_rfc3339("1970-01-01t00:00:00.5z"), 500'000);
    EXPECT_EQ(*from_rfc3339("1970-01-01T01:00:00.000001999+01:00"), 1);
    EXPECT_EQ(*from_rfc3339("1969-12-31T19:30:00-04:30"), 0);
    EXPECT_EQ(*from_rfc3339("2016-12-31T23:59:60Z"), 1'483'228'799'999'999);
    EXPECT_EQ(*from_rfc3339("2000-02-29T00:00:00Z"), 951'782'400'000'000);
}

TEST(Timestamps, RefusesEverythingElse) {
    for (const char* bad : {"",
                            "2026",
                            "2026-11-21",
                            "2026-11-21T03:04:05",
                            "2026-11-21 03:04:05Z",
                            "2026-13-01T00:00:00Z",
                            "2026-00-01T00:00:00Z",
                            "2025-02-29T00:00:00Z",
                            "1900-02-29T00:00:00Z",
                            "2026-04-31T00:00:00Z",
                            "2026-11-21T24:00:00Z",
                            "2026-11-21T00:60:00Z",
                            "2026-11-21T00:00:61Z",
                            "2026-11-21T00:00:00.Z",
                            "2026-11-21T00:00:00.1234567890Z",
                            "2026-11-21T00:00:00+24:00",
                            "2026-11-21T00:00:00+0100",
                            "2026-11-21T00:00:00Zx",
                            "+026-11-21T00:00:00Z",
                            "2026-1a-21T00:00:00Z"})
        EXPECT_EQ(from_rfc3339(bad).ok() ? Code::Internal : from_rfc3339(bad).error().code, Code::InvalidArgument)
            << bad;
}

RC_GTEST_PROP(TimestampsLaw, ReadsBackWhatItWrote, ()) {
    const auto at_us = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000);
    RC_ASSERT(*from_rfc3339(to_rfc3339(at_us)) == at_us);
}

// Because the width is fixed, text order is time order.
RC_GTEST_PROP(TimestampsLaw, TextOrderIsTimeOrder, ()) {
    const auto a = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000);
    const auto b = *rc::gen::inRange<std::int64_t>(-62'167'219'200'000'000, 253'402'300'800'000'000);
    RC_ASSERT((a < b) == (to_rfc3339(a) < to_rfc3339(b)));
}

}  // namespace
}  // namespace helix::wire
