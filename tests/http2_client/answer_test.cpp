#include "adapters/http2_client/answer.hpp"

#include <gtest/gtest.h>

namespace helix::http2_client {
namespace {

constexpr std::time_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT

Response answer(int status, std::string body = "", std::string retry_after = "") {
    Response response;
    response.status = status;
    response.body = std::move(body);
    response.retry_after = std::move(retry_after);
    return response;
}

std::string kube(const std::string& reason, const std::string& details = "{}") {
    return R"({"kind":"Status","status":"Failure","message":"it said so","reason":")" + reason + R"(","details":)" +
           details + "}";
}

Code code(int status, const std::string& body = "", bool is_write = false) {
    return to_error(answer(status, body), is_write, kNow).code;
}

TEST(RetryAfter, TakesSecondsAndDates) {
    EXPECT_EQ(parse_retry_after("17", kNow), 17);
    EXPECT_EQ(parse_retry_after(" 0 ", kNow), 0);
    EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:45 GMT", kNow), 25);
    EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:00 GMT", kNow), 0);  // past already
    EXPECT_EQ(parse_retry_after("99999999999999999999", kNow), 3600);
    EXPECT_EQ(parse_retry_after("4000", kNow), 3600);
}

TEST(RetryAfter, RefusesWhatIsNeither) {
    for (const char* value : {"", "  ", "-5", "soon", "1.5x"}) EXPECT_EQ(parse_retry_after(value, kNow), std::nullopt);
}

TEST(ToError, MapsEveryStatusThatKubernetesSends) {
    EXPECT_EQ(code(400), Code::InvalidArgument);
    EXPECT_EQ(code(401), Code::Unauthenticated);
    EXPECT_EQ(code(403), Code::PermissionDenied);
    EXPECT_EQ(code(404), Code::NotFound);
    EXPECT_EQ(code(405), Code::Unimplemented);
    EXPECT_EQ(code(409, kube("Conflict")), Code::Conflict);
    EXPECT_EQ(code(409, kube("AlreadyExists")), Code::AlreadyExists);
    EXPECT_EQ(code(410), Code::PreconditionFailed);
    EXPECT_EQ(code(412), Code::PreconditionFailed);
    EXPECT_EQ(code(413), Code::ResourceExhausted);
    EXPECT_EQ(code(415), Code::InvalidArgument);
    EXPECT_EQ(code(422, kube("Invalid")), Code::InvalidArgument);
    EXPECT_EQ(code(429), Code::ResourceExhausted);
    EXPECT_EQ(code(500), Code::Unavailable);
    EXPECT_EQ(code(503), Code::Unavailable);
    EXPECT_EQ(code(302), Code::Unimplemented);
}

TEST(ToError, ADisruptionBudgetIsAConditionNotALimit) {
    const std::string details = R"({"causes":[{"reason":"DisruptionBudget","message":"needs 2 healthy pods"}]})";
    EXPECT_EQ(code(429, kube("TooManyRequests", details), true), Code::PreconditionFailed);
}

TEST(ToError, AServerErrorLeavesAWriteOpenUnlessKubernetesRefusedIt) {
    EXPECT_EQ(code(500, kube("InternalError"), true), Code::UnknownOutcome);
    EXPECT_EQ(code(502, "<html>bad gateway", true), Code::UnknownOutcome);
    EXPECT_EQ(code(504, kube("Timeout"), true), Code::UnknownOutcome);
    EXPECT_EQ(code(503, "upstream reset", true), Code::UnknownOutcome);
    EXPECT_EQ(code(503, kube("ServiceUnavailable"), true), Code::Unavailable);
}

TEST(ToError, CarriesTheServersWordsAndItsWait) {
    const Error failure = to_error(answer(429, kube("TooManyRequests"), "3"), false, kNow);
    EXPECT_EQ(failure.message, "HTTP 429 TooManyRequests: it said so");
    EXPECT_EQ(failure.retry_after_s, 3);
    const Error inside = to_error(answer(504, kube("Timeout", R"({"retryAfterSeconds":9})")), false, kNow);
    EXPECT_EQ(inside.retry_after_s, 9);
}

TEST(ToError, SurvivesAnyBody) {
    const std::string deep(100'000, '[');
    for (const std::string& body : {std::string("{"), std::string("\0\x01", 2), deep, std::string(R"({"kind":7})"),
                                    std::string(R"({"kind":"Status","message":["x"],"details":[1]})"),
                                    std::string(R"({"kind":"Status","details":{"causes":[1,{"reason":2}]}})")})
        EXPECT_EQ(to_error(answer(404, body), false, kNow).message, "HTTP 404");
}

TEST(ToError, LetsNoControlCharacterThrough) {
    const Error failure = to_error(answer(403, R"({"kind":"Status","message":"a\nb\u001b[31mc"})"), false, kNow);
    EXPECT_EQ(failure.message, "HTTP 403: a b [31mc");
}

TEST(Accept, PassesA2xxAndTurnsTheRest) {
    EXPECT_TRUE(accept(answer(201), true).ok());
    EXPECT_EQ(accept(answer(404), true).error().code, Code::NotFound);
}

}  // namespace
}  // namespace helix::http2_client
