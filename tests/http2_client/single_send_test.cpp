#include <tuple>

#include <gtest/gtest.h>

#include "adapters/http2_client/answer.hpp"
#include "tests/http2_client/peer_process.hpp"

namespace helix::http2_client::testing {
namespace {

/// HTTP/2 or 1.1, how the connection dies, the verb.
class SingleSend : public ::testing::TestWithParam<std::tuple<bool, std::string, Method>> {};

// libcurl resends a request when a kept connection dies under it: the server would count two.
TEST_P(SingleSend, AWriteOnAKeptConnectionThatDiesIsSentOnce) {
    const auto& [multiplex, mode, method] = GetParam();
    const Peer peer;
    const auto channel = channel_to(peer, {.multiplex = multiplex});
    ASSERT_TRUE(channel->call(get("/echo")).ok());  // so that the connection is a kept one
    const auto result = channel->call(write(method, "/kill?id=w&times=5&mode=" + mode));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::UnknownOutcome) << result.error().message;
    EXPECT_EQ(peer.requests(std::string(to_string(method)) + " /kill"), 1);
    EXPECT_TRUE(channel->call(get("/echo")).ok());  // the channel goes on
}

TEST_P(SingleSend, AWriteOnAFreshConnectionThatDiesIsSentOnce) {
    const auto& [multiplex, mode, method] = GetParam();
    const Peer peer;
    const auto channel = channel_to(peer, {.multiplex = multiplex});
    const auto result = channel->call(write(method, "/kill?id=w&times=5&mode=" + mode));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::UnknownOutcome) << result.error().message;
    EXPECT_EQ(peer.requests(std::string(to_string(method)) + " /kill"), 1);
}

INSTANTIATE_TEST_SUITE_P(EveryVerb, SingleSend,
                         ::testing::Combine(::testing::Bool(), ::testing::Values("fin", "rst"),
                                            ::testing::Values(Method::Post, Method::Put, Method::Patch,
                                                              Method::Delete)),
                         [](const auto& row) {
                             return std::string(std::get<0>(row.param) ? "h2" : "http1") + "_" +
                                    std::get<1>(row.param) + "_" + std::string(to_string(std::get<2>(row.param)));
                         });

class Reads : public ::testing::TestWithParam<std::tuple<bool, std::string>> {};

TEST_P(Reads, AreSentAgainWithinTheirBound) {
    const auto& [multiplex, mode] = GetParam();
    const Peer peer;
    const auto channel = channel_to(peer, {.multiplex = multiplex, .read_sends_max = 3});
    ASSERT_TRUE(channel->call(get("/echo")).ok());
    EXPECT_EQ(channel->call(get("/kill?id=a&times=2&mode=" + mode))->body, "answered");
    EXPECT_EQ(peer.requests("GET /kill"), 3);
    const auto never = channel->call(get("/kill?id=b&times=99&mode=" + mode));
    ASSERT_FALSE(never.ok());
    EXPECT_EQ(never.error().code, Code::Unavailable);
    EXPECT_EQ(peer.requests("GET /kill"), 6);
}

TEST_P(Reads, APostThatOnlyAsksIsARead) {
    const auto& [multiplex, mode] = GetParam();
    const Peer peer;
    const auto channel = channel_to(peer, {.multiplex = multiplex});
    Request review = write(Method::Post, "/kill?id=r&times=1&mode=" + mode);
    review.changes_nothing = true;
    EXPECT_EQ(channel->call(review)->body, "answered");
    EXPECT_EQ(peer.requests("POST /kill"), 2);
}

INSTANTIATE_TEST_SUITE_P(EveryDeath, Reads, ::testing::Combine(::testing::Bool(), ::testing::Values("fin", "rst")));

TEST(Writes, AnAnswerCutShortIsUnknown) {
    const Peer peer;
    for (const bool multiplex : {true, false}) {
        const auto channel = channel_to(peer, {.multiplex = multiplex});
        const auto result = channel->call(write(Method::Post, "/cut?mode=rst"));
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().code, Code::UnknownOutcome);
    }
    EXPECT_EQ(peer.requests("POST /cut"), 2);
}

TEST(Writes, ThatTimeOutAreUnknown) {
    const Peer peer;
    const auto channel = channel_to(peer);
    ASSERT_TRUE(channel->call(get("/echo")).ok());  // connecting is no part of the 300 ms
    Request request = write(Method::Patch, "/stall");
    request.timeout = std::chrono::milliseconds{300};
    EXPECT_EQ(channel->call(request).error().code, Code::UnknownOutcome);
    EXPECT_EQ(peer.requests("PATCH /stall"), 1);
}

TEST(Writes, ThatNeverLeftAreUnavailable) {
    std::string url;
    {
        const Peer gone;
        url = gone.url();
    }
    const auto refused = Channel::open({url}, nobody());
    EXPECT_EQ((*refused)->call(write(Method::Post, "/echo")).error().code, Code::Unavailable);

    const Peer peer;
    const auto distrusted = Channel::open({peer.url(), peer.pem("other_ca")}, nobody());
    EXPECT_EQ((*distrusted)->call(write(Method::Post, "/echo")).error().code, Code::Unavailable);
    EXPECT_EQ(peer.requests("POST /echo"), 0);
}

TEST(Writes, ThatTheServerRefusedCarryItsWait) {
    const Peer peer;
    const auto channel = channel_to(peer);
    const std::string body = R"({"kind":"Status","reason":"TooManyRequests","message":"slow down"})";
    auto limited =
        channel->call(write(Method::Post, "/status?code=429&retry_after=7", body)).and_then([](Response response) {
            return accept(std::move(response), true);
        });
    EXPECT_EQ(limited.error().code, Code::ResourceExhausted);
    EXPECT_EQ(limited.error().retry_after_s, 7);
    EXPECT_EQ(limited.error().message, "HTTP 429 TooManyRequests: slow down");
    auto away =
        channel->call(write(Method::Post, "/status?code=503&retry_after=2", body)).and_then([](Response response) {
            return accept(std::move(response), true);
        });
    EXPECT_EQ(away.error().code, Code::Unavailable);
    EXPECT_EQ(away.error().retry_after_s, 2);
    EXPECT_EQ(peer.requests("POST /status"), 2);
}

}  // namespace
}  // namespace helix::http2_client::testing
