#include <future>

#include <gtest/gtest.h>

#include "tests/http2_client/peer_process.hpp"

namespace helix::http2_client::testing {
namespace {

/// Sends `count` GETs at once; how many were answered 200.
int burst(Channel& channel, int count, const std::string& path = "/echo") {
    std::atomic<int> good{0}, done{0};
    for (int n = 0; n < count; ++n)
        channel.submit(get(path), [&](Result<Response> result) {
            good += result.ok() && result->status == 200 ? 1 : 0;
            ++done;
        });
    EXPECT_TRUE(eventually([&] { return done == count; }));
    return good;
}

TEST(Connections, FourWatchesAndManyGetsShareOneHttp2Connection) {
    const Peer peer;
    const auto channel = channel_to(peer);
    std::vector<std::shared_ptr<Watch>> watches;
    for (int n = 0; n < 4; ++n) watches.push_back(Watch::open(*channel, get("/watch?every=20")));
    EXPECT_EQ(burst(*channel, 100), 100);
    for (int round = 0; round < 60; ++round) EXPECT_EQ(burst(*channel, 10), 10);
    for (const auto& watch : watches) {
        EXPECT_TRUE(eventually([&] { return watch->bytes > 0; }));
        EXPECT_FALSE(watch->ended);
    }
    EXPECT_EQ(peer.accepted(), 1);
    EXPECT_EQ(channel->connections_opened(), 1U);
    EXPECT_EQ(channel->connections_open(), 1U);
}

TEST(Connections, MoreRequestsThanStreamsQueueOnTheSameConnection) {
    const Peer peer;  // Go's server allows 250 streams at once
    const auto channel = channel_to(peer);
    EXPECT_EQ(burst(*channel, 600, "/slow?bytes=1&pause=5"), 600);
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(Connections, OpenStreamsLeaveRoomForCalls) {
    const Peer peer;
    const auto channel = channel_to(peer, {.in_flight_max = 10});
    std::vector<std::shared_ptr<Watch>> watches;
    for (int n = 0; n < 20; ++n) watches.push_back(Watch::open(*channel, get("/watch?every=20")));
    ASSERT_TRUE(eventually([&] { return peer.requests("GET /watch") == 10; }));
    EXPECT_EQ(burst(*channel, 50), 50);
    EXPECT_EQ(peer.requests("GET /watch"), 10);
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(Connections, Http1StaysWithinItsPool) {
    const Peer peer({"-http1"});
    const auto channel = channel_to(peer, {.max_connections = 4});
    EXPECT_EQ(burst(*channel, 100), 100);
    const int warm = peer.accepted();
    EXPECT_LE(warm, 4);
    for (int round = 0; round < 60; ++round) EXPECT_EQ(burst(*channel, 10), 10);
    EXPECT_EQ(peer.accepted(), warm);
}

TEST(Connections, Http1CanBeAskedFor) {
    const Peer peer;
    const auto channel = channel_to(peer, {.max_connections = 3, .multiplex = false});
    EXPECT_EQ(burst(*channel, 60), 60);
    EXPECT_LE(peer.accepted(), 3);
    EXPECT_EQ(nlohmann::json::parse(channel->call(get("/echo"))->body).at("proto"), "HTTP/1.1");
}

TEST(Connections, ReadsGoOnWhileAGoawayDrainsWatches) {
    const Peer peer;
    const auto channel = channel_to(peer);
    const auto watch = Watch::open(*channel, get("/watch?every=20"));
    ASSERT_TRUE(eventually([&] { return watch->bytes > 0; }));
    ASSERT_TRUE(channel->call(get("/goaway")).ok());
    for (int round = 0; round < 5; ++round) EXPECT_EQ(burst(*channel, 10), 10);
    EXPECT_EQ(peer.accepted(), 2);
    const std::size_t before = watch->bytes;
    EXPECT_TRUE(eventually([&] { return watch->bytes > before || watch->ended; }));
    EXPECT_FALSE(watch->ended);
}

// Each round leaves a stream on a connection that takes nothing new: four of them held every place for good.
TEST(Connections, StreamsOnDrainedConnectionsGiveWay) {
    const Peer peer;
    const auto channel = channel_to(peer, {.max_connections = 4});
    std::vector<std::shared_ptr<Watch>> watches;
    for (int round = 0; round < 6; ++round) {
        const auto watch = watches.emplace_back(Watch::open(*channel, get("/watch?every=20")));
        ASSERT_TRUE(eventually([&] { return watch->bytes > 0; })) << round;
        ASSERT_TRUE(channel->call(get("/goaway")).ok()) << round;
        EXPECT_LE(channel->connections_open(), 4U);
    }
    EXPECT_EQ(peer.accepted(), 6) << "one connection per GOAWAY";
    for (std::size_t i = 0; i < watches.size(); ++i)
        if (watches[i]->ended) {
            EXPECT_TRUE(watches[i]->end.ok()) << i << ": " << watches[i]->end.error().message;
        }
    EXPECT_TRUE(watches.front()->ended);
    EXPECT_FALSE(watches.back()->ended);
}

TEST(Connections, AConnectionTheServerClosedWhileIdleIsReplacedOnce) {
    const Peer peer;
    const auto channel = channel_to(peer);
    for (const char* mode : {"fin", "rst"}) {
        ASSERT_TRUE(channel->call(get("/echo")).ok());
        const int before = peer.accepted();
        peer.kill_connections(mode);
        ASSERT_TRUE(eventually([&] { return peer.connected() == 0; }));
        EXPECT_EQ(burst(*channel, 20), 20) << mode;
        EXPECT_EQ(peer.accepted(), before + 1) << mode;
    }
    EXPECT_EQ(channel->connections_opened(), static_cast<std::uint64_t>(peer.accepted()));
}

TEST(Connections, AnEndedOrCancelledStreamLeavesItsConnectionOpen) {
    const Peer peer;
    const auto channel = channel_to(peer);
    Channel::Ticket ticket = 0;
    const auto watch = Watch::open(*channel, get("/watch?every=0"), &ticket);
    ASSERT_TRUE(eventually([&] { return watch->bytes > 0; }));
    channel->cancel(ticket);
    ASSERT_TRUE(eventually([&] { return watch->ended.load(); }));
    EXPECT_EQ(watch->end.error().code, Code::Unavailable);
    EXPECT_TRUE(channel->call(get("/echo")).ok());  // libcurl says RST_STREAM with the next request
    EXPECT_TRUE(eventually([&] { return peer.open_requests() == 0; }));

    std::promise<Result<Response>> end;
    Request request = get("/watch?every=1");
    channel->open_stream(
        std::move(request), [](std::string_view) { return false; },
        [&](Result<Response> result) { end.set_value(std::move(result)); });
    EXPECT_EQ(end.get_future().get().error().code, Code::Unavailable);
    EXPECT_TRUE(channel->call(get("/echo")).ok());
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(Connections, ClosingEndsWhatIsOutstanding) {
    const Peer peer;
    auto channel = channel_to(peer);
    const auto watch = Watch::open(*channel, get("/watch?every=5"));
    std::promise<Result<Response>> read, change;
    channel->submit(get("/stall"), [&](Result<Response> result) { read.set_value(std::move(result)); });
    channel->submit(write(Method::Post, "/stall"),
                    [&](Result<Response> result) { change.set_value(std::move(result)); });
    ASSERT_TRUE(eventually([&] { return watch->bytes > 0 && peer.open_requests() == 3; }));
    channel.reset();
    EXPECT_TRUE(watch->ended);
    EXPECT_EQ(watch->end.error().code, Code::Unavailable);
    const auto read_end = read.get_future().get();
    EXPECT_EQ(read_end.error().code, Code::Unavailable);
    EXPECT_EQ(read_end.error().message, "GET: channel closed");
    EXPECT_EQ(change.get_future().get().error().code, Code::UnknownOutcome);
    EXPECT_TRUE(eventually([&] { return peer.connected() == 0; }));
}

}  // namespace
}  // namespace helix::http2_client::testing
