// What a client gets that sends too much, too slowly, wrongly, or does not read.
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "service/http/engine/server.hpp"
#include "tests/http_engine/raw_client.hpp"

namespace helix::http_engine {
namespace {

using testing::eventually;
using testing::get;
using testing::RawClient;
constexpr Millis kShort{60};
constexpr Millis kNever{600'000};

class ServerLimits : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] bool tls() const { return GetParam(); }

    Server& start(ServerOptions options) {
        if (tls()) options.tls = TlsOptions{identity_.certificate(), identity_.key()};
        server_.emplace(std::move(options));
        server_->Post("/echo", [](const httplib::Request& req, httplib::Response& res) {
            res.set_content(req.body, "application/octet-stream");
        });
        server_->Get("/hello",
                     [](const httplib::Request&, httplib::Response& res) { res.set_content("hi", "text/plain"); });
        server_->Get("/big", [](const httplib::Request&, httplib::Response& res) {
            res.set_content(std::string(3'000'000, 'b'), "application/octet-stream");
        });
        server_->Get("/huge", [](const httplib::Request&, httplib::Response& res) {
            res.set_content_provider(std::size_t{200'000'000}, "application/octet-stream",
                                     [](std::size_t, std::size_t length, httplib::DataSink& sink) {
                                         const std::string piece(std::min<std::size_t>(length, 100'000), 'h');
                                         return sink.write(piece.data(), piece.size());
                                     });
        });
        const auto port = server_->start("127.0.0.1", 0);
        EXPECT_TRUE(port.ok());
        port_ = port ? *port : 0;
        return *server_;
    }
    [[nodiscard]] RawClient connect(int receive_buffer = 0) const { return RawClient(port_, tls(), receive_buffer); }

    /// Sends `bytes` and expects `status`, told why, and the connection closed.
    void expect_refusal(const std::string& bytes, const std::string& status) {
        RawClient client = connect();
        client.send(bytes);
        const std::string answer = client.read_response();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status)) << answer << " for " << bytes.substr(0, 200);
        EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
        EXPECT_TRUE(client.closed_by_peer());
    }
    [[nodiscard]] std::uint64_t refused(Refusal refusal) const {
        return server_->stats().refused.at(static_cast<std::size_t>(refusal));
    }

    testing::TestIdentity identity_;
    std::optional<Server> server_;
    int port_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Transport, ServerLimits, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

TEST_P(ServerLimits, RefusesBadRequestsAndCloses) {
    start({});
    expect_refusal("NONSENSE\r\n\r\n", "400");
    expect_refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "400");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400");
    expect_refusal("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n", "414");
    EXPECT_EQ(refused(Refusal::BadRequest), 5U);
}

TEST_P(ServerLimits, RefusesAnEndlessHeaderAtItsBound) {
    Server& server = start({});
    expect_refusal("GET /hello HTTP/1.1\r\nHost: t\r\nX: " + std::string(64 * 1024, 'a'), "431");
    std::string many = "GET /hello HTTP/1.1\r\nHost: t\r\n";
    for (int i = 0; i < 10'000; ++i) many += "A: b\r\n";
    expect_refusal(many + "\r\n", "431");
    EXPECT_EQ(refused(Refusal::HeadTooLarge), 2U);
    EXPECT_EQ(server.stats().requests_by_class[4], 2U);
}

TEST_P(ServerLimits, RefusesALargeBodyBeforeReadingIt) {
    ServerOptions options;
    options.body_bytes_max = 1000;
    start(options);
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n", "413");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", "413");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "413");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'),
                   "413");
    EXPECT_EQ(refused(Refusal::BodyTooLarge), 4U);
}

TEST_P(ServerLimits, EndsSlowHeadsAndBodies) {
    ServerOptions options;
    options.head_limit = kShort;
    options.body_limit = kShort;
    start(options);
    expect_refusal("GET /hel", "408");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab", "408");
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "408");
    RawClient dripping = connect();  // every byte comes "in time", the head does not
    std::string drip = "GET /hello HTTP/1.1\r\nX: ";
    std::string answer;
    for (std::size_t i = 0; answer.empty() && i < 1000; ++i) {
        if (!dripping.send(i < drip.size() ? drip.substr(i, 1) : "x")) break;
        answer = dripping.read_until("\r\n\r\n", Millis{10});
    }
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
    EXPECT_EQ(refused(Refusal::TimedOut), 4U);
}

TEST_P(ServerLimits, ClosesIdleConnectionsSilently) {
    ServerOptions options;
    options.idle_limit = Millis{1'000};  // a busy client may take a while between connecting and asking
    start(options);
    RawClient fresh = connect();
    EXPECT_EQ(fresh.read_to_end(), "");
    RawClient used = connect();
    ASSERT_TRUE(used.send(get("/hello")));
    EXPECT_TRUE(used.read_response().ends_with("hi"));
    EXPECT_EQ(used.read_to_end(), "");
    EXPECT_TRUE(eventually([&] { return server_->stats().connections_open == 0; }));
}

TEST_P(ServerLimits, ASlowReaderOfABoundedAnswerHoldsNoWorkerAndIsCut) {
    ServerOptions options;
    options.workers = 1;
    options.write_stall_limit = kShort * 10;
    Server& server = start(options);
    RawClient slow = connect(4096);
    ASSERT_TRUE(slow.send(get("/big")));
    ASSERT_TRUE(eventually([&] { return server.stats().requests_by_class[2] == 1; }));
    RawClient quick = connect();
    ASSERT_TRUE(quick.send(get("/hello")));
    EXPECT_TRUE(quick.read_response().ends_with("hi"));
    EXPECT_TRUE(eventually([&] { return server.stats().slow_readers_total == 1; }));
}

TEST_P(ServerLimits, AnUnboundedAnswerThatNobodyReadsIsGivenUp) {
    ServerOptions options;
    options.workers = 1;
    options.write_stall_limit = kShort * 5;
    options.linger_limit = kShort;
    Server& server = start(options);
    RawClient slow = connect(4096);
    ASSERT_TRUE(slow.send(get("/huge")));
    EXPECT_TRUE(eventually([&] { return server.stats().slow_readers_total == 1; }));
    EXPECT_TRUE(eventually([&] { return server.stats().connections_open == 0; }));
    RawClient reading = connect();
    ASSERT_TRUE(reading.send(get("/hello")));
    EXPECT_TRUE(reading.read_response().ends_with("hi"));
}

TEST_P(ServerLimits, RefusesWhenBuffersAreFull) {
    ServerOptions options;
    options.buffered_bytes_max = 100'000;
    start(options);
    RawClient first = connect();
    ASSERT_TRUE(
        first.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 90001\r\n\r\n" + std::string(90'000, 'x')));
    expect_refusal("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 90001\r\n\r\n" + std::string(90'000, 'x'), "503");
    ASSERT_TRUE(first.send("y"));
    EXPECT_TRUE(first.read_response().starts_with("HTTP/1.1 200")) << "the first is undisturbed";
}

TEST_P(ServerLimits, RefusesConnectionsBeyondTheirNumber) {
    ServerOptions options;
    options.connections_max = 2;
    options.idle_limit = kNever;
    Server& server = start(options);
    const RawClient first = connect();
    std::optional<RawClient> second(connect());
    ASSERT_TRUE(eventually([&] { return server.stats().connections_open == 2; }));
    RawClient third(port_, false);
    const std::string answer = third.read_to_end();
    EXPECT_EQ(answer.starts_with("HTTP/1.1 503"), !tls()) << answer;
    EXPECT_TRUE(third.closed_by_peer());
    EXPECT_EQ(refused(Refusal::TooManyConnections), 1U);
    second.reset();
    ASSERT_TRUE(eventually([&] { return server.stats().connections_open == 1; }));
    RawClient fourth = connect();
    ASSERT_TRUE(fourth.send(get("/hello")));
    EXPECT_TRUE(fourth.read_response().ends_with("hi"));
}

}  // namespace
}  // namespace helix::http_engine
