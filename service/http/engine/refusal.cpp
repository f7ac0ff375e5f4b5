#include "service/http/engine/refusal.hpp"

namespace helix::http_engine {
namespace {

/// What every problem type begins with. The engine knows no other room, so it says this by itself.
constexpr std::string_view kProblemTypes = "https://helix.eose.ca/problems/";

std::string_view reason_phrase(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 431:
            return "Request Header Fields Too Large";
        default:
            return "Service Unavailable";
    }
}

/// The last part of the problem's type, what is wrong, and how to mend it.
struct Words {
    std::string_view type;
    std::string_view detail;
    std::string_view mend;
};

Words words_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::BadRequest:
            return {"malformed", "the request line or a header field is malformed or ambiguous", "see RFC 9112"};
        case Refusal::HeadTooLarge:
            return {"headers-too-large", "the request head exceeds its bound of bytes or fields",
                    "send fewer or shorter headers"};
        case Refusal::TargetTooLong:
            return {"target-too-long", "the request target exceeds its bound", "shorten path and query"};
        case Refusal::BodyTooLarge:
            return {"body-too-large", "the request body exceeds its bound", "send less at once"};
        case Refusal::UnsupportedBody:
            return {"unsupported-media-type", "compressed and multipart request bodies are not accepted",
                    "send the body as it is"};
        case Refusal::UnknownExpectation:
            return {"expectation-failed", "only Expect: 100-continue is understood", "leave out Expect"};
        case Refusal::TimedOut:
            return {"request-timeout", "the request did not arrive in time", "send it without pauses"};
        case Refusal::Overloaded:
            return {"unavailable", "too many requests are waiting", "ask again after Retry-After"};
        case Refusal::TooManyConnections:
            return {"unavailable", "too many connections are open", "ask again after Retry-After"};
        case Refusal::kCount:
            break;
    }
    return {"unavailable", "", ""};
}

}  // namespace

int status_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::BadRequest:
            return 400;
        case Refusal::HeadTooLarge:
            return 431;
        case Refusal::TargetTooLong:
            return 414;
        case Refusal::BodyTooLarge:
            return 413;
        case Refusal::UnsupportedBody:
            return 415;
        case Refusal::UnknownExpectation:
            return 417;
        case Refusal::TimedOut:
            return 408;
        case Refusal::Overloaded:
        case Refusal::TooManyConnections:
        case Refusal::kCount:
            break;
    }
    return 503;
}

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::BadRequest:
            return "bad-request";
        case Refusal::HeadTooLarge:
            return "head-too-large";
        case Refusal::TargetTooLong:
            return "target-too-long";
        case Refusal::BodyTooLarge:
            return "body-too-large";
        case Refusal::UnsupportedBody:
            return "unsupported-body";
        case Refusal::UnknownExpectation:
            return "unknown-expectation";
        case Refusal::TimedOut:
            return "timed-out";
        case Refusal::Overloaded:
            return "overloaded";
        case Refusal::TooManyConnections:
            return "too-many-connections";
        case Refusal::kCount:
            break;
    }
    return "unknown";
}

std::string refusal_response(Refusal refusal) {
    const int status = status_of(refusal);
    const std::string number = std::to_string(status);
    const std::string title(reason_phrase(status));
    const Words words = words_of(refusal);
    const std::string body = R"({"type":")" + std::string(kProblemTypes) + std::string(words.type) + R"(","title":")" +
                             title + R"(","status":)" + number + R"(,"detail":")" + std::string(words.detail) +
                             R"(","mend":")" + std::string(words.mend) + "\"}\n";
    return "HTTP/1.1 " + number + " " + title +
           "\r\nContent-Type: application/problem+json\r\nContent-Length: " + std::to_string(body.size()) +
           (status == 503 ? "\r\nRetry-After: 1" : "") + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace helix::http_engine
