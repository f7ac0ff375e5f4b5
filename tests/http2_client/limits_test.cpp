#include <future>

#include <gtest/gtest.h>

#include "tests/http2_client/peer_process.hpp"

namespace helix::http2_client::testing {
namespace {

TEST(Limits, AStalledReadEndsAtItsTimeout) {
    const Peer peer;
    const auto channel = channel_to(peer);
    ASSERT_TRUE(channel->call(get("/echo")).ok());  // connecting is no part of the 200 ms
    Request request = get("/stall");
    request.timeout = std::chrono::milliseconds{200};
    EXPECT_EQ(channel->call(request).error().code, Code::DeadlineExceeded);
    EXPECT_EQ(peer.requests("GET /stall"), 1);
    EXPECT_TRUE(channel->call(get("/echo")).ok());
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(Limits, TimeSpentWaitingForAConnectionCounts) {
    const Peer peer({"-http1"});
    const auto channel = channel_to(peer, {.max_connections = 1});
    const auto hog = Watch::open(*channel, get("/watch?every=20"));
    ASSERT_TRUE(eventually([&] { return hog->bytes > 0; }));
    Request request = get("/echo");
    request.timeout = std::chrono::milliseconds{200};
    EXPECT_EQ(channel->call(request).error().code, Code::DeadlineExceeded);
    Request change = write(Method::Post, "/echo");
    change.timeout = std::chrono::milliseconds{200};
    EXPECT_EQ(channel->call(change).error().code, Code::Unavailable);  // it never left
    EXPECT_EQ(peer.requests("POST /echo"), 0);
}

TEST(Limits, ASilentWatchIsGivenUpAndATalkingOneIsNot) {
    const Peer peer;
    const auto channel = channel_to(peer);
    Request silent = get("/watch?every=0"), talking = get("/watch?every=200");
    silent.idle_timeout = talking.idle_timeout = std::chrono::seconds{2};
    const auto lively = Watch::open(*channel, std::move(talking));
    const auto quiet = Watch::open(*channel, std::move(silent));
    ASSERT_TRUE(eventually([&] { return quiet->ended.load(); }));
    EXPECT_EQ(quiet->end.error().code, Code::DeadlineExceeded);
    EXPECT_GT(quiet->bytes, 0U);
    EXPECT_FALSE(lively->ended);
    EXPECT_EQ(peer.accepted(), 1);
}

TEST(Limits, ALongBodyIsRefusedUnlessStreamed) {
    const Peer peer;
    const auto channel = channel_to(peer);
    Request request = get("/big?bytes=3000000");
    request.body_bytes_max = 1'000'000;
    EXPECT_EQ(channel->call(request).error().code, Code::ResourceExhausted);
    request.body_bytes_max = 3'000'000;
    EXPECT_EQ(channel->call(request)->body.size(), 3'000'000U);

    std::promise<Result<Response>> end;
    std::size_t seen = 0;
    channel->open_stream(
        get("/big?bytes=30000000"),
        [&](std::string_view bytes) {
            seen += bytes.size();
            return true;
        },
        [&](Result<Response> result) { end.set_value(std::move(result)); });
    const auto result = end.get_future().get();
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->body.empty());
    EXPECT_EQ(seen, 30'000'000U);
}

TEST(Limits, AStreamsErrorBodyIsKeptForItsMessage) {
    const Peer peer;
    const auto channel = channel_to(peer);
    const auto watch = Watch::open(*channel, get("/status?code=410&body=gone"));
    ASSERT_TRUE(eventually([&] { return watch->ended.load(); }));
    ASSERT_TRUE(watch->end.ok());
    EXPECT_EQ(watch->end->status, 410);
    EXPECT_EQ(watch->end->body, "gone");
    EXPECT_EQ(watch->bytes, 0U);
}

TEST(Limits, AMalformedRequestIsRefusedBeforeAnyConnection) {
    const Peer peer;
    const auto channel = channel_to(peer);
    for (const char* path : {"", "echo", "/a b", "/echo\r\nX: 1", "/../echo"})
        EXPECT_EQ(channel->call(get(path)).error().code, Code::InvalidArgument) << path;
    Request request = get("/echo");
    request.accept = "text/plain\r\nX-Evil: 1";
    EXPECT_EQ(channel->call(request).error().code, Code::InvalidArgument);
    EXPECT_EQ(peer.accepted(), 0);
}

TEST(Limits, CallOnTheChannelsOwnThreadIsRefused) {
    const Peer peer;
    const auto channel = channel_to(peer);
    std::promise<Code> code;
    channel->submit(get("/echo"),
                    [&](const Result<Response>&) { code.set_value(channel->call(get("/echo")).error().code); });
    EXPECT_EQ(code.get_future().get(), Code::Internal);
}

}  // namespace
}  // namespace helix::http2_client::testing
