#include "service/cli/http_api.hpp"

#include <gtest/gtest.h>

#include "tests/cli/canned_service.hpp"

namespace helix::cli {
namespace {

const std::string kBreak =
    R"({"type":"https://helix.eose.ca/problems/gate-break","title":"The gate blocked the write","status":409})";
const std::string kReceipt = R"({"id":"01KAHJ5V8M3N6P9QRSTVWXYZ01","status":"done","actions":[]})";

Api open(const std::string& server, int timeout_s = 10) {
    return *Api::open({.server = server, .token = {}, .ca_file = {}, .timeout_s = timeout_s});
}

TEST(HttpApi, ReadsAProblem) {
    CannedService service({canned("409 Conflict", "application/problem+json", kBreak, "Retry-After: 7\r\n")});
    const auto answer = open(service.url()).get("/v1/units");
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->ok());
    EXPECT_TRUE(answer->from_helix);
    EXPECT_EQ(answer->problem_type(), "gate-break");
    EXPECT_EQ(answer->retry_after_s, 7);
}

TEST(HttpApi, KnowsAnAnswerThatIsNotTheServices) {
    CannedService service({canned("502 Bad Gateway", "text/html", "<h1>proxy</h1>"),
                           canned("502 Bad Gateway", "application/json", R"({"error":"proxy"})"),
                           canned("200 OK", "text/html", "<h1>hello</h1>"),
                           canned("200 OK", "application/json", R"({"items":[)")});
    Api api = open(service.url());
    for (int i = 0; i < 2; ++i) {
        const auto proxy = api.get("/v1/units");
        ASSERT_TRUE(proxy);
        EXPECT_EQ(proxy->status, 502);
        EXPECT_FALSE(proxy->from_helix);
    }
    for (int i = 0; i < 2; ++i) {
        const auto broken = api.get("/v1/units");
        ASSERT_FALSE(broken);
        EXPECT_EQ(broken.error().code, Code::Internal);
    }
}

TEST(HttpApi, SaysWhenNothingWasSent) {
    std::string url;
    {
        CannedService gone({});
        url = gone.url();
    }
    const auto answer = open(url).post("/v1/actions", {{"verb", "scale"}}, "key");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::Unavailable);
}

TEST(HttpApi, GivesUpOnAStalledService) {
    CannedService service({"STALL"});
    const auto answer = open(service.url(), 1).get("/v1/units");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::Unavailable);
}

TEST(HttpApi, RefusesWhatIsNoService) {
    for (const char* url : {"", "ftp://a", "http://", "http://a b", "http://a:1/x", "http://a:123456", "a:1"})
        EXPECT_FALSE(Api::open({.server = url})) << url;
    EXPECT_TRUE(Api::open({.server = "https://[::1]:8765/"}));
    EXPECT_FALSE(Api::open({.server = "http://example.com", .token = "t"})) << "a token in clear";
    EXPECT_TRUE(Api::open({.server = "http://127.0.0.1:1", .token = "t"}));
}

TEST(PostWrite, AsksOnceMoreWithTheSameKeyWhenTheAnswerIsLost) {
    for (const std::string& lost : {std::string(), std::string("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"),
                                    canned("504 Gateway Timeout", "text/html", "proxy")}) {
        CannedService service({lost, canned("200 OK", "application/json", kReceipt, "Idempotency-Replayed: true\r\n")});
        Api api = open(service.url());
        std::string said;
        const auto answer =
            post_write(api, "/v1/actions", {{"verb", "scale"}}, "key-1", [&](const auto& what) { said = what; });
        ASSERT_TRUE(answer) << lost;
        EXPECT_TRUE(answer->replayed);
        EXPECT_NE(said.find("key-1"), std::string::npos);
        const auto requests = service.requests();
        ASSERT_EQ(requests.size(), 2U);
        EXPECT_EQ(requests[0], requests[1]);
        EXPECT_NE(requests[0].find("Idempotency-Key: key-1\r\n"), std::string::npos);
    }
}

TEST(PostWrite, SaysUnknownWhenItIsLostTwiceAndNeverAsksAThirdTime) {
    CannedService service({"", "", canned("200 OK", "application/json", kReceipt)});
    Api api = open(service.url());
    const auto answer = post_write(api, "/v1/actions", {{"verb", "scale"}}, "key-1", [](const auto&) {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::UnknownOutcome);
    EXPECT_NE(answer.error().mend.find("key-1"), std::string::npos);
    EXPECT_EQ(service.requests().size(), 2U);
}

TEST(PostWrite, TakesARefusalAsItIs) {
    CannedService service({canned("409 Conflict", "application/problem+json", kBreak)});
    Api api = open(service.url());
    const auto answer = post_write(api, "/v1/actions", {{"verb", "scale"}}, "key-1", [](const auto&) {});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->problem_type(), "gate-break");
    EXPECT_EQ(service.requests().size(), 1U);
}

TEST(UrlEncoded, LeavesNothingThatCouldEndAValue) {
    EXPECT_EQ(url_encoded("a b&c=d/é\r\n"), "a%20b%26c%3Dd%2F%C3%A9%0D%0A");
}

}  // namespace
}  // namespace helix::cli
