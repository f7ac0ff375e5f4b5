#include "domain/ledger/ulid.hpp"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"

namespace helix {
namespace {

/// Time as the test sets it.
class SetClock final : public ports::Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override { return now_us_; }
    [[nodiscard]] std::int64_t steady_us() const override { return now_us_; }
    void set_ms(std::int64_t ms) { now_us_ = ms * 1000; }

private:
    std::atomic<std::int64_t> now_us_ = 0;
};

TEST(Ulid, EncodesTimeThenTail) {
    EXPECT_EQ(ledger::encode_ulid(1'469'918'176'385, {}), "01ARYZ6S410000000000000000");  // the specification's time
    ledger::UlidTail ones;
    ones.fill(0xFF);
    EXPECT_EQ(ledger::encode_ulid(0xFFFF'FFFF'FFFF, ones), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    EXPECT_EQ(ledger::encode_ulid(0, {0, 0, 0, 0, 1, 0, 0, 0, 0, 31}), "0000000000000000010000000Z");
}

TEST(Ulid, KnowsItsOwnForm) {
    EXPECT_TRUE(ledger::is_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    for (const char* bad :
         {"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "01arz3ndektsv4rrffq69g5fav",
          "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FA "})
        EXPECT_FALSE(ledger::is_ulid(bad)) << bad;
}

TEST(Ulid, TailCountsUpAndSaysWhenItWraps) {
    ledger::UlidTail tail{};
    tail.back() = 0xFF;
    EXPECT_TRUE(ledger::increment(tail));
    EXPECT_EQ(tail, (ledger::UlidTail{0, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
    tail.fill(0xFF);
    EXPECT_FALSE(ledger::increment(tail));
}

TEST(UlidSource, GrowsWithinAMillisecondAndWhenTheClockGoesBack) {
    SetClock clock;
    clock.set_ms(1'700'000'000'000);
    system::UlidSource source(clock);
    std::string last = source.ulid();
    for (int i = 0; i < 1000; ++i) {
        if (i == 300) clock.set_ms(1'600'000'000'000);
        if (i == 600) clock.set_ms(1'700'000'000'001);
        std::string next = source.ulid();
        ASSERT_TRUE(ledger::is_ulid(next));
        ASSERT_LT(last, next);
        last = std::move(next);
    }
}

TEST(UlidSource, NeverGivesOneTwiceToManyThreads) {
    const system::SystemClock clock;
    system::UlidSource source(clock);
    std::vector<std::vector<std::string>> given(4);
    std::vector<std::jthread> threads;
    for (auto& mine : given)
        threads.emplace_back([&mine, &source] {
            for (int i = 0; i < 2000; ++i) mine.push_back(source.ulid());
        });
    threads.clear();
    std::set<std::string> all;
    for (const auto& mine : given) all.insert(mine.begin(), mine.end());
    EXPECT_EQ(all.size(), 8000U);
}

TEST(SystemClock, SteadyNeverGoesBack) {
    const system::SystemClock clock;
    std::int64_t last = clock.steady_us();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t next = clock.steady_us();
        ASSERT_GE(next, last);
        last = next;
    }
}

}  // namespace
}  // namespace helix
