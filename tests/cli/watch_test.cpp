#include <gtest/gtest.h>

#include "service/cli/commands.hpp"
#include "tests/cli/canned_service.hpp"

namespace helix::cli {
namespace {

std::string stream(const std::string& frames) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + frames;
}

std::string frame(int id, const std::string& unit) {
    return "id: " + std::to_string(id) +
           "\nevent: node.floor\ndata: {\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"node.floor\","
           "\"time\":\"2026-11-21T03:04:05Z\",\"data\":{\"unit\":\"" +
           unit + "\",\"used_pct\":1.5}}\n\n";
}

struct Watched {
    Exit exit;
    std::string out;
    std::string err;
};

Watched follow(const std::string& url, int count) {
    Globals globals;
    globals.server = url;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const Exit exit = watch(Session(globals), {.types = "node.floor", .count = count, .snapshot = true});
    return {exit, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Watch, GoesOnAfterTheLastEventThatItSaw) {
    const std::string half = frame(8, "lost");
    CannedService service({stream("retry: 1\n\n" + frame(7, "n1") + half.substr(0, half.size() - 1)),
                           "",  // a connection that dies at once
                           stream(frame(8, "n2"))});
    const Watched seen = follow(service.url(), 2);
    EXPECT_EQ(seen.exit, Exit::Done);
    EXPECT_EQ(seen.out,
              "03:04:05  node.floor    n1  1.5 %\n"
              "03:04:05  node.floor    n2  1.5 %\n");
    const auto requests = service.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].find("Last-Event-ID"), std::string::npos);
    EXPECT_NE(requests[1].find("Last-Event-ID: 7\r\n"), std::string::npos) << requests[1];
    EXPECT_NE(requests[2].find("Last-Event-ID: 7\r\n"), std::string::npos) << requests[2];
    EXPECT_NE(seen.err.find("going on after event 7"), std::string::npos) << seen.err;
}

TEST(Watch, EndsWhenTheServiceRefuses) {
    CannedService service({canned(
        "401 Unauthorized", "application/problem+json",
        R"({"type":"https://helix.eose.ca/problems/unauthenticated","title":"Say who you are","status":401})")});
    const Watched seen = follow(service.url(), 1);
    EXPECT_EQ(seen.exit, Exit::Auth);
    EXPECT_EQ(seen.err, "helix: Say who you are\n");
    EXPECT_TRUE(seen.out.empty());
}

}  // namespace
}  // namespace helix::cli
