#include "adapters/backoff/backoff.hpp"

#include <random>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace helix::backoff {
namespace {

using Milliseconds = Backoff::Milliseconds;

TEST(Backoff, DoublesFromHalfASecondToThirtySeconds) {
    Backoff backoff([] { return 0.9999999; });
    const std::vector<int> steps{500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    for (const int step : steps) EXPECT_NEAR(static_cast<double>(backoff.next().count()), step, 1.0);
}

TEST(Backoff, ResetStartsAgain) {
    Backoff backoff([] { return 0.9999999; });
    for (int n = 0; n < 5; ++n) static_cast<void>(backoff.next());
    backoff.reset();
    EXPECT_LE(backoff.next(), Milliseconds{500});
}

TEST(Backoff, NeverShorterThanTheServerAsked) {
    Backoff backoff([] { return 0.0; });
    EXPECT_EQ(backoff.next(std::chrono::seconds{7}), Milliseconds{7000});
}

// Whatever is drawn, each delay lies between half its step (and never under the first) and its step.
RC_GTEST_PROP(Backoff, StaysWithinItsStep, (unsigned seed)) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> draw(0.0, 1.0);
    Backoff backoff([&] { return draw(engine); });
    double step = 500;
    for (int n = 0; n < 20; ++n) {
        const auto delay = static_cast<double>(backoff.next().count());
        RC_ASSERT(delay >= std::max(500.0, step / 2 - 1) && delay <= step);
        step = std::min(step * 2, 30'000.0);
    }
}

}  // namespace
}  // namespace helix::backoff
