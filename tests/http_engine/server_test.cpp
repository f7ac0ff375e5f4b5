// What a client sees of a server that is not under attack, over plain TCP and TLS.
#include "service/http/engine/server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/http_engine/raw_client.hpp"

namespace helix::http_engine {
namespace {

using testing::eventually;
using testing::get;
using testing::RawClient;

/// Lets a test decide when a handler goes on.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait_for(lock, RawClient::kPatience, [this] { return open_; });
    }
    bool wait_for_visitors(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, RawClient::kPatience, [&] { return waiting_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

class ServerTest : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] bool tls() const { return GetParam(); }

    Server& start(ServerOptions options = {}) {
        if (tls()) options.tls = TlsOptions{identity_.certificate(), identity_.key()};
        server_.emplace(std::move(options));
        server_->Get("/hello",
                     [](const httplib::Request&, httplib::Response& res) { res.set_content("hi", "text/plain"); });
        server_->Post("/echo", [](const httplib::Request& req, httplib::Response& res) {
            res.set_content(req.body, "application/octet-stream");
        });
        server_->Get("/throw", [](const httplib::Request&, httplib::Response&) { throw std::runtime_error("secret"); });
        server_->Get("/wait", [this](const httplib::Request&, httplib::Response& res) {
            gate_.pass();
            res.set_content("waited", "text/plain");
        });
        server_->Get(R"(/deep/(.*))", [](const httplib::Request& req, httplib::Response& res) {
            res.set_content(std::to_string(req.matches[1].length()), "text/plain");
        });
        const auto port = server_->start("127.0.0.1", 0);
        EXPECT_TRUE(port.ok()) << (port ? "" : port.error().message);
        port_ = port ? *port : 0;
        return *server_;
    }
    [[nodiscard]] RawClient connect() const { return RawClient(port_, tls()); }

    testing::TestIdentity identity_;
    Gate gate_;
    std::optional<Server> server_;
    int port_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Transport, ServerTest, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

TEST_P(ServerTest, AnswersManyRequestsOnOneConnection) {
    const Server& server = start();
    RawClient client = connect();
    for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(client.send(get("/hello")));
        const std::string answer = client.read_response();
        ASSERT_TRUE(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nhi")) << answer;
    }
    EXPECT_EQ(server.stats().accepted_total, 1U);
    EXPECT_EQ(server.stats().requests_by_class[2], 50U);
    EXPECT_TRUE(eventually([&] { return server.stats().connections_parked == 1; }));
}

TEST_P(ServerTest, AnswersPipelinedRequestsInOrder) {
    start();
    RawClient client = connect();
    ASSERT_TRUE(client.send(get("/hello") + get("/none") +
                            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc" +
                            get("/hello", "Connection: close\r\n")));
    EXPECT_TRUE(client.read_response().ends_with("hi"));
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 404"));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nabc"));
    EXPECT_TRUE(client.read_response().ends_with("hi"));
    EXPECT_TRUE(client.closed_by_peer());
}

TEST_P(ServerTest, TakesBodiesOfEveryFraming) {
    start();
    RawClient client = connect();
    const std::string big(2'000'000, 'x');
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000\r\n\r\n" + big));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n" + big));
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"));
    ASSERT_TRUE(client.send("lo\r\n6\r\n world\r\n0\r\n\r\n"));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nhello world"));
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200")) << "no length means no body";
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_TRUE(client.send("body"));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nbody"));
}

TEST_P(ServerTest, IdleAndSlowConnectionsHoldNoWorker) {
    ServerOptions options;
    options.workers = 1;
    const Server& server = start(options);
    std::vector<RawClient> others;
    for (int i = 0; i < 30; ++i) others.push_back(connect());
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(others[static_cast<std::size_t>(i)].send("GET /hel"));
    for (int i = 10; i < 20; ++i)
        ASSERT_TRUE(
            others[static_cast<std::size_t>(i)].send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx"));
    ASSERT_TRUE(eventually([&] { return server.stats().connections_open == 30; }));
    RawClient client = connect();
    ASSERT_TRUE(client.send(get("/hello")));
    EXPECT_TRUE(client.read_response().ends_with("hi"));
    ASSERT_TRUE(others[0].send("lo HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_TRUE(others[0].read_response().ends_with("hi"));
    ASSERT_TRUE(others[10].send("yyyyyyyy"));
    EXPECT_TRUE(others[10].read_response().ends_with("xyyyyyyyy"));
}

TEST_P(ServerTest, AHandlersExceptionIsA500WithoutItsText) {
    start();
    RawClient client = connect();
    ASSERT_TRUE(client.send(get("/throw")));
    const std::string answer = client.read_response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
    EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST_P(ServerTest, TheLongestTargetDoesNotExhaustARoutesRegex) {
    start();
    RawClient client = connect();
    ASSERT_TRUE(client.send(get("/deep/" + std::string(7'990, 'a'))));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n7990"));
}

TEST_P(ServerTest, StopFinishesWhatIsInFlightAndLeaksNothing) {
    const std::size_t before = testing::open_fds();
    Server& server = start();
    std::optional<RawClient> waiting(connect());
    std::optional<RawClient> idle(connect());
    ASSERT_TRUE(waiting->send(get("/wait")));
    ASSERT_TRUE(gate_.wait_for_visitors(1));
    ASSERT_TRUE(eventually([&] { return server.stats().connections_open == 2; }));
    std::thread stopper([&] { server.stop(); });
    EXPECT_TRUE(idle->closed_by_peer());
    EXPECT_FALSE(RawClient(port_, false).connected()) << "nothing is accepted any more";
    gate_.open();
    EXPECT_TRUE(waiting->read_response().ends_with("waited"));
    EXPECT_TRUE(waiting->closed_by_peer());
    stopper.join();
    EXPECT_EQ(server.stats().connections_open, 0U);
    EXPECT_EQ(server.stats().requests_in_flight, 0U);
    waiting.reset();
    idle.reset();
    server_.reset();
    EXPECT_EQ(testing::open_fds(), before);
}

TEST_P(ServerTest, RefusesWhatTheWorkersQueueCannotHold) {
    ServerOptions options;
    options.workers = 1;
    options.queue_max = 1;
    const Server& server = start(options);
    RawClient served = connect();
    RawClient queued = connect();
    RawClient refused = connect();
    ASSERT_TRUE(served.send(get("/wait")));
    ASSERT_TRUE(gate_.wait_for_visitors(1));
    ASSERT_TRUE(queued.send(get("/hello")));
    ASSERT_TRUE(eventually([&] { return server.stats().requests_in_flight == 2; }));
    ASSERT_TRUE(refused.send(get("/hello")));
    EXPECT_TRUE(refused.read_response().starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(refused.closed_by_peer());
    gate_.open();
    EXPECT_TRUE(served.read_response().ends_with("waited"));
    EXPECT_TRUE(queued.read_response().ends_with("hi"));
}

TEST_P(ServerTest, ManyClientsAtOnceAllGetTheirOwnAnswer) {
    const Server& server = start();
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            RawClient client = connect();
            for (int i = 0; i < 100; ++i) {
                const std::string text = std::to_string(t * 1000 + i);
                client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(text.size()) +
                            "\r\n\r\n" + text);
                if (client.read_response().ends_with("\r\n\r\n" + text)) ++right;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right.load(), 800);
    EXPECT_TRUE(eventually([&] { return server.stats().connections_open == 0; })) << "closed by their clients";
}

}  // namespace
}  // namespace helix::http_engine
