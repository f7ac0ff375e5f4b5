#include "service/http/engine/refusal.hpp"

namespace helix::http_engine {
namespace {

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

std::string_view detail_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::BadRequest:
            return "the request line or a header field is malformed or ambiguous";
        case Refusal::HeadTooLarge:
            return "the request head exceeds its bound of bytes or fields";
        case Refusal::TargetTooLong:
            return "the request target exceeds its bound";
        case Refusal::BodyTooLarge:
            return "the request body exceeds its bound";
        case Refusal::UnsupportedBody:
            return "compressed and multipart request bodies are not accepted";
        case Refusal::UnknownExpectation:
            return "only Expect: 100-continue is understood";
        case Refusal::TimedOut:
            return "the request did not arrive in time";
        case Refusal::Overloaded:
            return "too many requests are waiting; ask again";
        case Refusal::TooManyConnections:
            return "too many connections are open; ask again";
        case Refusal::kCount:
            break;
    }
    return "";
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
    const std::string body = R"({"type":"about:blank","title":")" + title + R"(","status":)" + number +
                             R"(,"detail":")" + std::string(detail_of(refusal)) + "\"}\n";
    return "HTTP/1.1 " + number + " " + title +
           "\r\nContent-Type: application/problem+json\r\nContent-Length: " + std::to_string(body.size()) +
           (status == 503 ? "\r\nRetry-After: 1" : "") + "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace helix::http_engine
