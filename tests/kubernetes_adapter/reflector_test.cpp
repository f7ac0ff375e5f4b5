#include "adapters/kubernetes/reflector.hpp"

#include <gtest/gtest.h>

namespace helix::kubernetes {
namespace {

using namespace std::chrono_literals;
using Do = Reflector::Do;
using Phase = Reflector::Phase;
using kube_objects::WatchEvent;

WatchEvent event(WatchEvent::Type type, const std::string& version) {
    WatchEvent made;
    made.type = type;
    made.resource_version = version;
    return made;
}

WatchEvent refusal(int code) {
    WatchEvent made;
    made.type = WatchEvent::Type::Error;
    made.error_code = code;
    return made;
}

const Error kAway = error(Code::Unavailable, "away");
const Error kGone = error(Code::PreconditionFailed, "too old");

struct ReflectorTest : testing::Test {
    Reflector reflector{{}, [] { return 0.5; }};
    Instant now{};

    void list(const std::string& version) {
        const auto step = reflector.page({version, "", 1}, now);
        EXPECT_EQ(step.what, Do::OpenWatch);
        EXPECT_TRUE(step.finish_list);
    }
    void synced(const std::string& version) {
        EXPECT_EQ(reflector.start(now).what, Do::FetchPage);
        list(version);
    }
    void wait() { now = reflector.wake_at(); }
};

TEST_F(ReflectorTest, ReadsAllPagesThenWatches) {
    EXPECT_TRUE(reflector.start(now).begin_list);
    const auto next = reflector.page({"10", "token", 500}, now);
    EXPECT_EQ(next.what, Do::FetchPage);
    EXPECT_FALSE(next.begin_list || next.finish_list);
    EXPECT_EQ(reflector.continue_token(), "token");
    EXPECT_FALSE(reflector.listed());
    list("10");
    EXPECT_TRUE(reflector.listed());
    EXPECT_EQ(reflector.resource_version(), "10");
    EXPECT_EQ(reflector.relists(), 0U);
}

TEST_F(ReflectorTest, HandsOnEachVersionOnceAndNeverAnOlderOne) {
    synced("10");
    EXPECT_TRUE(reflector.event(event(WatchEvent::Type::Added, "12"), now).apply);
    EXPECT_FALSE(reflector.event(event(WatchEvent::Type::Added, "12"), now).apply) << "a duplicate";
    EXPECT_FALSE(reflector.event(event(WatchEvent::Type::Modified, "11"), now).apply) << "time going back";
    EXPECT_FALSE(reflector.event(event(WatchEvent::Type::Modified, "9"), now).apply) << "fewer digits are less";
    EXPECT_TRUE(reflector.event(event(WatchEvent::Type::Deleted, "100"), now).apply);
    EXPECT_EQ(reflector.resource_version(), "100");
}

TEST_F(ReflectorTest, HandsOnEverythingWhenVersionsCannotBeCompared) {
    synced("abc");
    EXPECT_TRUE(reflector.event(event(WatchEvent::Type::Added, "abb"), now).apply);
}

TEST_F(ReflectorTest, ABookmarkMovesTheVersionAlone) {
    synced("10");
    EXPECT_FALSE(reflector.event(event(WatchEvent::Type::Bookmark, "50"), now).apply);
    now += 300s;
    EXPECT_EQ(reflector.ended(std::nullopt, now).what, Do::OpenWatch) << "in good order: from the bookmark on";
    EXPECT_EQ(reflector.resource_version(), "50");
}

TEST_F(ReflectorTest, OneListFollowsA410) {
    synced("10");
    EXPECT_EQ(reflector.event(refusal(410), now).what, Do::Abandon);
    EXPECT_TRUE(reflector.ended(std::nullopt, now).begin_list);
    EXPECT_EQ(reflector.relists(), 1U);
    list("20");
    EXPECT_EQ(reflector.ended(kGone, now).what, Do::Nothing) << "nothing good between: not at once";
    EXPECT_EQ(reflector.phase(), Phase::Pausing);
    wait();
    EXPECT_EQ(reflector.tick(now).what, Do::FetchPage);
    EXPECT_EQ(reflector.relists(), 2U);
    list("30");
    EXPECT_TRUE(reflector.event(event(WatchEvent::Type::Added, "31"), now).apply);
    EXPECT_EQ(reflector.ended(kGone, now).what, Do::FetchPage) << "something good came: at once again";
}

TEST_F(ReflectorTest, AnExpiredContinueTokenStartsTheListAnew) {
    reflector.start(now);
    reflector.page({"10", "token", 500}, now);
    EXPECT_TRUE(reflector.ended(kGone, now).begin_list);
    EXPECT_TRUE(reflector.continue_token().empty());
}

TEST_F(ReflectorTest, AnotherErrorEventIsAPauseAndThenTheSameWatch) {
    synced("10");
    EXPECT_EQ(reflector.event(refusal(500), now).what, Do::Abandon);
    EXPECT_EQ(reflector.ended(kAway, now).what, Do::Nothing);
    wait();
    EXPECT_EQ(reflector.tick(now).what, Do::OpenWatch);
    EXPECT_EQ(reflector.resource_version(), "10");
    EXPECT_EQ(reflector.relists(), 0U);
}

TEST_F(ReflectorTest, PausesDoubleFromHalfASecondToHalfAMinute) {
    reflector.start(now);
    Instant::duration former{};
    for (int attempt = 0; attempt < 12; ++attempt) {
        EXPECT_EQ(reflector.ended(kAway, now).what, Do::Nothing);
        const auto pause = reflector.wake_at() - now;
        EXPECT_GE(pause, 500ms);
        EXPECT_LE(pause, 30s);
        EXPECT_GE(pause, former);
        EXPECT_EQ(reflector.tick(reflector.wake_at() - 1ms).what, Do::Nothing);
        former = pause;
        wait();
        EXPECT_EQ(reflector.tick(now).what, Do::FetchPage);
    }
    EXPECT_GT(former, 20s);
}

TEST_F(ReflectorTest, ObeysRetryAfter) {
    reflector.start(now);
    Error busy = error(Code::ResourceExhausted, "slow down");
    busy.retry_after_s = 17;
    reflector.ended(busy, now);
    EXPECT_GE(reflector.wake_at() - now, 17s);
}

TEST_F(ReflectorTest, SilenceIsFoundWithin90Seconds) {
    synced("10");
    now += 60s;
    EXPECT_EQ(reflector.tick(now).what, Do::Nothing);
    reflector.event(event(WatchEvent::Type::Bookmark, "11"), now);
    EXPECT_EQ(reflector.tick(now + 70s).what, Do::Nothing);
    now += 90s;
    EXPECT_EQ(reflector.tick(now).what, Do::Abandon);
    EXPECT_EQ(reflector.ended(error(Code::Unavailable, "cancelled"), now).what, Do::Nothing);
    wait();
    EXPECT_EQ(reflector.tick(now).what, Do::OpenWatch);
    EXPECT_EQ(reflector.resource_version(), "11");
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceAgainAndAgainIsNoTightLoop) {
    synced("10");
    for (int turn = 0; turn < 5; ++turn) {
        EXPECT_EQ(reflector.ended(std::nullopt, now).what, Do::Nothing);
        EXPECT_GE(reflector.wake_at() - now, 500ms);
        wait();
        EXPECT_EQ(reflector.tick(now).what, Do::OpenWatch);
    }
}

TEST_F(ReflectorTest, FruitlessWatchesEndInAList) {
    synced("9999");
    const Error ahead = error(Code::Unavailable, "Too large resource version");
    for (const Do expected : {Do::OpenWatch, Do::OpenWatch, Do::FetchPage}) {
        reflector.ended(ahead, now);
        wait();
        EXPECT_EQ(reflector.tick(now).what, expected);
    }
    list("5");
    EXPECT_TRUE(reflector.event(event(WatchEvent::Type::Added, "6"), now).apply) << "the store was restored";
}

TEST(ReflectorOfAnOptionalApi, IsAskedAgainMuchLater) {
    ReflectorOptions options;
    options.may_be_absent = true;
    Reflector reflector(options, [] { return 0.5; });
    reflector.start({});
    reflector.ended(error(Code::NotFound, "no such API"), {});
    EXPECT_TRUE(reflector.absent());
    EXPECT_EQ(reflector.wake_at() - Instant{}, 600s);
    EXPECT_EQ(reflector.tick(reflector.wake_at()).what, Do::FetchPage);
}

}  // namespace
}  // namespace helix::kubernetes
