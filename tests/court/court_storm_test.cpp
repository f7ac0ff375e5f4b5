// The court in virtual time, against a cluster in which evidence comes late, twice, garbled or not at all, expires and
// vanishes, while processes die at any step, change places, and the ledger and the API server fail.
#include "tests/court/court_storm.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

namespace helix::testing {
namespace {

int seeds() {
    const char* asked = std::getenv("HELIX_SIM_SEEDS");  // NOLINT(concurrency-mt-unsafe): before any thread
    return asked == nullptr ? 100 : std::atoi(asked);
}

std::uint64_t first_seed() {
    const char* asked = std::getenv("HELIX_SIM_SEED");  // NOLINT(concurrency-mt-unsafe): before any thread
    return asked == nullptr ? 1 : std::strtoull(asked, nullptr, 10);
}

/// Runs `storm` on many seeds; a failure says how to see it again.
template <class F>
void on_seeds(F&& storm) {
    const std::uint64_t first = first_seed();
    const std::uint64_t end = first + static_cast<std::uint64_t>(seeds());
    for (std::uint64_t seed = first; seed < end; ++seed) {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        SCOPED_TRACE("replay: HELIX_SIM_SEED=" + std::to_string(seed) + " HELIX_SIM_SEEDS=1 court_storm_test " +
                     "--gtest_filter=" + test->test_suite_name() + "." + test->name());
        storm(seed);
        if (::testing::Test::HasFailure()) return;
    }
}

struct Sum {
    int closed = 0;
    int admitted = 0;
    int denied = 0;
    int promoted = 0;
    std::uint64_t kills = 0;

    void add(const Storm& storm) {
        closed += storm.closed;
        admitted += storm.admitted;
        denied += storm.denied;
        promoted += storm.promoted;
        kills += storm.kills;
    }
};

void storms(StormOptions options, Sum& sum) {
    on_seeds([&](std::uint64_t seed) {
        options.seed = seed;
        Storm storm(options);
        storm.run();
        if (::testing::Test::HasFatalFailure()) return;
        storm.check_records();
        storm.check_idle();
        sum.add(storm);
    });
    ::testing::Test::RecordProperty("cases_closed", sum.closed);
    ::testing::Test::RecordProperty("admitted", sum.admitted);
    ::testing::Test::RecordProperty("denied", sum.denied);
    ::testing::Test::RecordProperty("promoted", sum.promoted);
    ::testing::Test::RecordProperty("kills", static_cast<int>(sum.kills));
}

TEST(CourtStorm, NothingFails) {
    Sum sum;
    storms({}, sum);
    if (seeds() < 50) return;
    EXPECT_GT(sum.admitted, seeds() / 10);  // the court must also let somebody pass
    EXPECT_GT(sum.denied, seeds() / 10);
    EXPECT_EQ(sum.promoted, sum.admitted);
}

TEST(CourtStorm, TheLedgerAndTheClusterFail) {
    StormOptions options;
    options.dangers = {0, 40, 60};
    Sum sum;
    storms(options, sum);
}

TEST(CourtStorm, ProcessesDieAtAnyStep) {
    StormOptions options;
    options.dangers = {15, 10, 10};
    options.restarts = true;
    Sum sum;
    storms(options, sum);
    if (seeds() < 50) return;
    EXPECT_GT(sum.kills, static_cast<std::uint64_t>(seeds()));
}

TEST(CourtStorm, LeadersChangeAndTheFormerOneDoesNotNotice) {
    StormOptions options;
    options.dangers = {5, 10, 10};
    options.restarts = true;
    options.zombies = true;
    Sum sum;
    storms(options, sum);
}

TEST(CourtStorm, TheClockJumpsByAnHour) {
    StormOptions options;
    options.dangers = {5, 10, 10};
    options.restarts = true;
    options.jumps = true;
    Sum sum;
    storms(options, sum);
}

TEST(CourtStorm, EqualSeedsGiveEqualTraces) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        StormOptions options{seed, {15, 20, 20}, true, true, true};
        Storm first(options);
        Storm second(options);
        first.run();
        second.run();
        EXPECT_EQ(first.trace(), second.trace()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace helix::testing
