#include "service/http/engine/request_head.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace helix::http_engine {
namespace {

std::variant<HeadScanner::NeedMore, RequestHead, Refusal> scan_whole(const std::string& text, HeadLimits limits = {}) {
    return HeadScanner(limits).scan(text);
}

Refusal refusal_of(const std::string& text, HeadLimits limits = {}) {
    const auto outcome = scan_whole(text, limits);
    const auto* refusal = std::get_if<Refusal>(&outcome);
    return refusal == nullptr ? Refusal::kCount : *refusal;
}

RequestHead head_of(const std::string& text) {
    const auto outcome = scan_whole(text);
    const auto* head = std::get_if<RequestHead>(&outcome);
    EXPECT_NE(head, nullptr) << text;
    return head == nullptr ? RequestHead{} : *head;
}

/// What two scans must agree on.
std::string described(const HeadScanner::Outcome& outcome) {
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) return "refused " + std::string(to_string(*refusal));
    const auto* head = std::get_if<RequestHead>(&outcome);
    if (head == nullptr) return "more";
    return head->canonical + '|' + std::to_string(head->bytes) + '|' + std::to_string(head->content_length) +
           (head->chunked ? "c" : "") + (head->keep_alive ? "k" : "") + (head->expects_continue ? "e" : "");
}

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n";

TEST(RequestHead, ReadsAnOrdinaryRequest) {
    const std::string text =
        "POST /v1/x HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nAccept: a/b\r\nExpect: 100-continue\r\n\r\nhello";
    const RequestHead head = head_of(text);
    EXPECT_EQ(head.canonical, "POST /v1/x HTTP/1.1\r\nHost: h\r\nAccept: a/b\r\n");
    EXPECT_EQ(head.content_length, 12U);
    EXPECT_EQ(head.bytes, text.size() - 5);
    EXPECT_TRUE(head.expects_continue);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_FALSE(head.chunked);
}

TEST(RequestHead, KnowsWhenTheConnectionEnds) {
    EXPECT_TRUE(head_of(kGet + "\r\n").keep_alive);
    EXPECT_FALSE(head_of(kGet + "Connection: keep-alive, Close\r\n\r\n").keep_alive);
    EXPECT_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
}

TEST(RequestHead, WithholdsWhatHttplibReadsUnsafely) {
    const RequestHead head = head_of(kGet +
                                     "Range: bytes=0-,0-,0-\r\nREMOTE_ADDR: 1.2.3.4\r\nX: a%0d%0ab\r\n"
                                     "Accept-Encoding: br, gzip;q=0.5\r\n\r\n");
    EXPECT_EQ(head.canonical, kGet + "X: a%250d%250ab\r\nAccept-Encoding: gzip\r\n");
}

TEST(RequestHead, RefusesTwoReadingsOfTheLength) {
    EXPECT_EQ(refusal_of(kGet + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), Refusal::BadRequest);
    EXPECT_EQ(refusal_of(kGet + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), Refusal::BadRequest);
    EXPECT_EQ(head_of(kGet + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n").content_length, 1U);
    for (const char* length : {"", "+1", "-1", "1,1", "0x1", "1 1", "%31", "99999999999999999999"})
        EXPECT_EQ(refusal_of(kGet + "Content-Length: " + length + "\r\n\r\n"), Refusal::BadRequest) << length;
    for (const char* coding : {"gzip", "chunked, chunked", "identity", "xchunked", "%63hunked", "gzip, chunked"})
        EXPECT_EQ(refusal_of(kGet + "Transfer-Encoding: " + coding + "\r\n\r\n"), Refusal::BadRequest) << coding;
    EXPECT_EQ(refusal_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Refusal::BadRequest);
}

TEST(RequestHead, RefusesMalformedLines) {
    for (const char* line : {"GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/2.0", "G@T / HTTP/1.1",
                             "GET /\t HTTP/1.1", "GET /\x80 HTTP/1.1", "GET /a b HTTP/1.1", " GET / HTTP/1.1"})
        EXPECT_EQ(refusal_of(std::string(line) + "\r\nHost: h\r\n\r\n"), Refusal::BadRequest) << line;
    for (const char* field : {"NoColon", "Space : x", " Folded: x", ": x", "X: a\x01", "X: \x7f"})
        EXPECT_EQ(refusal_of(kGet + field + "\r\n\r\n"), Refusal::BadRequest) << field;
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\nHost: h\n\n"), Refusal::BadRequest);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n"), Refusal::BadRequest);
    EXPECT_EQ(refusal_of(std::string("GET /\0 HTTP/1.1\r\n", 18)), Refusal::BadRequest);
    EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), Refusal::BadRequest) << "1.1 needs a Host";
    EXPECT_EQ(refusal_of(kGet + "Host: other\r\n\r\n"), Refusal::BadRequest);
}

TEST(RequestHead, RefusesWhatIsNotSupported) {
    EXPECT_EQ(refusal_of(kGet + "Expect: tea\r\n\r\n"), Refusal::UnknownExpectation);
    EXPECT_EQ(refusal_of(kGet + "Content-Encoding: gzip\r\n\r\n"), Refusal::UnsupportedBody);
    EXPECT_EQ(refusal_of(kGet + "Content-Type: Multipart/form-data; boundary=x\r\n\r\n"), Refusal::UnsupportedBody);
}

TEST(RequestHead, IsBounded) {
    std::string many = kGet;
    for (int i = 0; i < 99; ++i) many += "X: y\r\n";
    EXPECT_EQ(refusal_of(many + "\r\n"), Refusal::kCount) << "100 fields with Host";
    EXPECT_EQ(refusal_of(many + "X: y\r\n\r\n"), Refusal::HeadTooLarge);
    EXPECT_EQ(refusal_of(kGet + "X: " + std::string(20'000, 'a')), Refusal::HeadTooLarge);
    EXPECT_EQ(refusal_of("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), Refusal::TargetTooLong);
}

// However the bytes come, the outcome is that of the whole.
RC_GTEST_PROP(HeadScannerLaw, PiecesDoNotMatter, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "\r\n", "\r", "\n", "GET / HTTP/1.1\r\n", "Host: h\r\n", "Content-Length: 3\r\n", "X: yyyy", "\r\n\r\n", "a",
        ":", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n"));
    std::string text = *rc::gen::element<std::string>("", "GET /a HTTP/1.1\r\nHost: h\r\n");
    for (const auto& piece : pieces) text += piece;
    HeadLimits limits;
    limits.bytes_max = *rc::gen::element<std::size_t>(40, 80, 16384);
    limits.fields_max = *rc::gen::element<std::size_t>(2, 100);
    const std::string whole = described(HeadScanner(limits).scan(text));

    HeadScanner scanner(limits);
    HeadScanner::Outcome outcome = HeadScanner::NeedMore{};
    for (std::size_t end = 0; end < text.size() && std::holds_alternative<HeadScanner::NeedMore>(outcome);) {
        end = std::min(text.size(), end + *rc::gen::inRange<std::size_t>(1, 12));
        outcome = scanner.scan(std::string_view(text).substr(0, end));
    }
    RC_ASSERT(described(outcome) == whole);
}

}  // namespace
}  // namespace helix::http_engine
