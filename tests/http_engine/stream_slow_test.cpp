// Subscribers that do not read, beside those that do.
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/http_engine/stream_fixture.hpp"

namespace helix::http_engine {
namespace {

using testing::eventually;
using testing::RawClient;
using testing::read_events;
using testing::SeenEvent;

/// Longer than a reader that does read may be kept waiting: with a send buffer smaller than a segment every step waits
/// for a delayed acknowledgement (40 to 200 ms), and then for its turn on a busy machine.
constexpr Millis kGrace{2'000};

class StreamSlowTest : public testing::StreamTest {
protected:
    static HubOptions small_buffers() {
        HubOptions options;
        options.send_buffer_bytes = 4096;
        return options;
    }
    /// Publishes until no subscriber that is not read can have taken it all.
    std::uint64_t flood() {
        for (int i = 0; i < 3'000; ++i) publish("a", std::string(1'000, 'x'));
        return publish("a", "end");
    }
    /// The events of everything that comes until the peer closes or `mark` has come; ids must rise by one.
    static std::uint64_t check_order(const std::string& text, std::uint64_t last) {
        for (const SeenEvent& event : read_events(text)) {
            if (event.type == "gap") continue;
            EXPECT_EQ(event.id, std::to_string(last + 1));
            ++last;
        }
        return last;
    }
};
INSTANTIATE_TEST_SUITE_P(Transport, StreamSlowTest, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

TEST_P(StreamSlowTest, AStalledOneIsCutAtItsBoundAndResumesWithoutGap) {
    HubOptions options = small_buffers();
    options.lag_bytes_max = 64 * 1024;
    options.lag_grace = kGrace;
    start(options);
    RawClient stalled = subscribe("", 4096);
    RawClient good = subscribe();
    std::string all;
    std::thread reader([&] { all = good.read_until("data: end\n\n"); });
    const std::uint64_t newest = flood();
    reader.join();
    EXPECT_EQ(check_order(all, 0), newest) << "the good one has missed nothing";
    ASSERT_TRUE(eventually([&] { return hub_->stats().cut_total == 1; }));
    EXPECT_TRUE(eventually([&] { return hub_->stats().subscribers == 1; }));

    const std::uint64_t last = check_order(stalled.read_to_end(), 0);
    EXPECT_LT(last, newest);
    RawClient again = subscribe("", 0, "Last-Event-ID: " + std::to_string(last) + "\r\n");
    EXPECT_EQ(check_order(again.read_until("data: end\n\n"), last), newest);
    EXPECT_EQ(hub_->stats().subscribers, 2U);
}

TEST_P(StreamSlowTest, OneThatTakesNothingForTooLongIsCutHoweverLittleItMissed) {
    HubOptions options = small_buffers();
    options.stall_limit = Millis{100};
    options.lag_bytes_max = std::size_t{1} << 40U;
    start(options);
    RawClient stalled = subscribe("", 4096);
    flood();
    EXPECT_TRUE(eventually([&] { return hub_->stats().cut_total == 1; }));
    EXPECT_TRUE(stalled.closed_by_peer());
}

TEST_P(StreamSlowTest, OneThatFallsOutOfTheRingIsToldAndGoesOn) {
    HubOptions options = small_buffers();
    options.ring_events_max = 100;
    start(options);
    RawClient slow = subscribe("", 4096);
    const std::uint64_t newest = flood();
    const auto seen = read_events(slow.read_until("data: end\n\n"));
    ASSERT_FALSE(seen.empty());
    std::uint64_t last = 0;
    int gaps = 0;
    for (const SeenEvent& event : seen) {
        if (event.type == "gap") {
            EXPECT_EQ(event.data.find("{\"from\":" + std::to_string(last + 1) + ",\"to\":" + event.id), 0U)
                << event.data;
            ++gaps;
        } else {
            EXPECT_EQ(event.id, std::to_string(last + 1));
        }
        last = std::stoull(event.id);
    }
    EXPECT_EQ(last, newest);
    EXPECT_GE(gaps, 1);
}

TEST_P(StreamSlowTest, ManyStalledOnesDoNotHoldUpTheOthersAndAllMayReconnectAtOnce) {
    HubOptions options = small_buffers();
    options.lag_bytes_max = 16 * 1024;
    options.lag_grace = kGrace;
    start(options);
    std::vector<RawClient> stalled;
    for (int i = 0; i < 50; ++i) stalled.push_back(subscribe("", 4096));
    RawClient good = subscribe();
    std::string all;
    std::thread reader([&] { all = good.read_until("data: end\n\n"); });
    const std::uint64_t newest = flood();
    reader.join();
    EXPECT_EQ(check_order(all, 0), newest);
    ASSERT_TRUE(eventually([&] { return hub_->stats().cut_total == 50; })) << hub_->stats().cut_total << " cut";
    stalled.clear();

    std::vector<RawClient> back;
    for (int i = 0; i < 200; ++i) {
        back.push_back(connect());
        ASSERT_TRUE(back.back().send(testing::get("/stream", "Last-Event-ID: " + std::to_string(newest - 5) + "\r\n")));
    }
    for (RawClient& client : back) {
        client.read_until("retry: 2000\n\n");
        ASSERT_EQ(check_order(client.read_until("data: end\n\n"), newest - 5), newest);
    }
}

}  // namespace
}  // namespace helix::http_engine
