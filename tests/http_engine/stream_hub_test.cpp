// What subscribers get: every event they want, once, in order, across reconnects.
#include "service/http/engine/stream_hub.hpp"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/http_engine/stream_fixture.hpp"

namespace helix::http_engine {
namespace {

using testing::eventually;
using testing::get;
using testing::RawClient;
using testing::read_events;
using testing::SeenEvent;

class StreamHubTest : public testing::StreamTest {};
INSTANTIATE_TEST_SUITE_P(Transport, StreamHubTest, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Tls" : "Plain"; });

TEST_P(StreamHubTest, DeliversToEveryoneWithoutAWorker) {
    start();
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(subscribe());
    publish("a", "one");
    publish("b", "two\nlines");
    for (RawClient& client : clients)
        EXPECT_EQ(client.read_until("lines\n\n"),
                  "id: 1\nevent: a\ndata: one\n\nid: 2\nevent: b\ndata: two\ndata: lines\n\n");
    RawClient other = connect();
    ASSERT_TRUE(other.send(get("/hello")));
    EXPECT_TRUE(other.read_response().ends_with("hi")) << "the only worker is free";
    EXPECT_EQ(hub_->stats().subscribers, 20U);
    EXPECT_EQ(server_->stats().connections_open, 21U);
    clients.clear();
    EXPECT_TRUE(eventually([&] { return hub_->stats().subscribers == 0 && server_->stats().connections_open == 1; }));
}

TEST_P(StreamHubTest, FiltersByTypeAndTarget) {
    start();
    RawClient types = subscribe("?types=a,b");
    RawClient both = subscribe("?types=a&targets=x");
    publish("a", "1", "x");
    publish("b", "2", "x");
    publish("c", "3", "x");
    publish("a", "4", "y");
    publish("a", "end", "x");
    EXPECT_EQ(types.read_until("end\n\n"),
              "id: 1\nevent: a\ndata: 1\n\nid: 2\nevent: b\ndata: 2\n\nid: 4\nevent: a\ndata: 4\n\n"
              "id: 5\nevent: a\ndata: end\n\n");
    EXPECT_EQ(both.read_until("end\n\n"), "id: 1\nevent: a\ndata: 1\n\nid: 5\nevent: a\ndata: end\n\n");
}

TEST_P(StreamHubTest, ResumesBehindTheLastEvent) {
    start();
    for (int i = 1; i <= 500; ++i) publish("a", std::to_string(i));
    RawClient client = subscribe("", 0, "Last-Event-ID: 200\r\n");
    publish("a", "end");
    const auto seen = read_events(client.read_until("end\n\n"));
    ASSERT_EQ(seen.size(), 301U);
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].id, std::to_string(201 + i));
    RawClient wrong = connect();
    ASSERT_TRUE(wrong.send(get("/stream", "Last-Event-ID: x\r\n")));
    EXPECT_TRUE(wrong.read_response().starts_with("HTTP/1.1 400"));
}

// A publisher that goes on all the while, a client that reconnects all the time: each id comes exactly once.
TEST_P(StreamHubTest, LosesAndDoublesNothingAcrossReconnects) {
    start();
    std::atomic<bool> enough{false};
    std::atomic<std::uint64_t> last{0};
    std::thread publisher([&] {
        while (!enough) {
            if (hub_->newest_id() < last + 20'000)  // well within the ring
                publish("a", "some data");
            else
                std::this_thread::yield();
        }
        publish("a", "end");
    });
    constexpr int kReconnects = 15;
    for (int round = 0; round <= kReconnects; ++round) {
        RawClient client = subscribe("", 0, "Last-Event-ID: " + std::to_string(last) + "\r\n");
        if (round == kReconnects) enough = true;
        const std::string text =
            client.read_until("data: end\n\n", round == kReconnects ? RawClient::kPatience : Millis{3});
        EXPECT_EQ(text.ends_with("data: end\n\n"), round == kReconnects);
        for (const SeenEvent& event : read_events(text)) {
            EXPECT_EQ(event.type, "a");
            EXPECT_EQ(event.id, std::to_string(++last));
        }
    }
    publisher.join();
    EXPECT_EQ(last, hub_->newest_id());
}

TEST_P(StreamHubTest, SaysWhatItNoLongerHolds) {
    HubOptions options;
    options.ring_events_max = 10;
    options.first_id = 1000;
    options.reread = "/v1/ledger";
    start(options);
    for (int i = 0; i < 30; ++i) publish("a", "x");  // 1000 .. 1029, held are 1020 .. 1029
    RawClient old = subscribe("", 0, "Last-Event-ID: 1004\r\n");
    const auto seen = read_events(old.read_until("id: 1029\nevent: a\ndata: x\n\n"));
    ASSERT_EQ(seen.size(), 11U);
    EXPECT_EQ(seen[0], (SeenEvent{"1019", "gap", R"({"from":1005,"to":1019,"reread":"/v1/ledger"})"}));
    EXPECT_EQ(seen[1].id, "1020");
    RawClient foreign = subscribe("?last_event_id=5000");  // from a former life of the service, say
    EXPECT_EQ(foreign.read_until("\n\n"),
              "id: 1029\nevent: gap\ndata: {\"from\":0,\"to\":1029,\"reread\":\"/v1/ledger\"}\n\n");
    publish("a", "new");
    EXPECT_EQ(foreign.read_until("\n\n"), "id: 1030\nevent: a\ndata: new\n\n");
    EXPECT_EQ(hub_->stats().gaps_total, 2U);
}

TEST_P(StreamHubTest, SnapshotAndEventsFitTogether) {
    std::mutex state_mutex;
    std::uint64_t state = 0;  // the number of the latest change; event n says n
    preface_ = [&](const ResumePoint& point) {
        Preface preface;
        if (point.last_event_id) return preface;
        const std::lock_guard lock(state_mutex);
        preface.frames.push_back(
            std::make_shared<const std::string>("event: snapshot\ndata: " + std::to_string(state) + "\n\n"));
        preface.as_of = hub_->newest_id();
        return preface;
    };
    start();
    constexpr std::uint64_t kChanges = 5'000;
    std::thread changer([&] {
        for (std::uint64_t n = 1; n <= kChanges; ++n) {
            const std::lock_guard lock(state_mutex);
            state = n;
            publish("change", std::to_string(n));
        }
    });
    for (int round = 0; round < 20; ++round) {
        RawClient client = subscribe();
        const std::string snapshot = client.read_until("\n\n");
        ASSERT_TRUE(snapshot.starts_with("event: snapshot\ndata: ")) << snapshot;
        const std::uint64_t at = std::stoull(snapshot.substr(22));
        if (at == kChanges) break;
        const auto seen = read_events(client.read_until("\n\n"));
        ASSERT_EQ(seen.size(), 1U);
        EXPECT_EQ(seen[0].data, std::to_string(at + 1));
    }
    changer.join();
}

TEST_P(StreamHubTest, BeatsWhileNothingHappens) {
    HubOptions options;
    options.heartbeat = Millis{20};
    start(options);
    RawClient client = subscribe();
    EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
    EXPECT_EQ(client.read_until("\n\n"), ":\n\n");
}

TEST_P(StreamHubTest, BoundsItsSubscribersAndAnswersHeadAsUsual) {
    HubOptions options;
    options.subscribers_max = 1;
    start(options);
    RawClient first = connect();
    ASSERT_TRUE(first.send("HEAD /stream HTTP/1.1\r\nHost: t\r\n\r\n"));
    EXPECT_TRUE(first.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
    EXPECT_EQ(hub_->stats().subscribers, 0U);
    const RawClient taken = subscribe();
    RawClient refused = connect();
    ASSERT_TRUE(refused.send(get("/stream")));
    EXPECT_TRUE(refused.read_response().starts_with("HTTP/1.1 503"));
}

TEST_P(StreamHubTest, StopSaysByeAndLeaksNothing) {
    const std::size_t before = testing::open_fds();
    start();
    {
        RawClient client = subscribe();
        publish("a", "x");
        hub_->stop();
        EXPECT_EQ(client.read_to_end(), "id: 1\nevent: a\ndata: x\n\n: bye\n\n");
        RawClient late = connect();
        ASSERT_TRUE(late.send(get("/stream")));
        EXPECT_TRUE(late.read_response().starts_with("HTTP/1.1 503"));
        server_->stop();
    }
    server_.reset();
    hub_.reset();
    EXPECT_EQ(testing::open_fds(), before);
}

TEST(StreamStart, NeedsARequest) {
    StreamHub hub;
    ASSERT_TRUE(hub.start().ok());
    httplib::Response response;
    const auto started = start_stream(hub, response, {});
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, Code::PreconditionFailed);
}

}  // namespace
}  // namespace helix::http_engine
