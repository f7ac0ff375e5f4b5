#include "service/http/cloud_events.hpp"

#include <gtest/gtest.h>

#include "service/http/cloud_events_binary.hpp"

namespace helix::http {
namespace {

httplib::Request posted(const std::string& type, const std::string& body) {
    httplib::Request request;
    request.headers.emplace("Content-Type", type);
    request.body = body;
    return request;
}

constexpr const char* kEvent = R"({"specversion":"1.0","id":"a-1","source":"hvcp://fleet","type":"x","data":{"n":1}})";

TEST(CloudEvents, TheThreeModesGiveTheSameEvent) {
    const auto structured = cloud_events_of(posted("application/cloudevents+json", kEvent));
    const auto batch =
        cloud_events_of(posted("application/cloudevents-batch+json; charset=utf-8", "[" + std::string(kEvent) + "]"));
    auto request = posted("application/json", R"({"n":1})");
    request.headers.emplace("ce-specversion", "1.0");
    request.headers.emplace("ce-id", "a-1");
    request.headers.emplace("ce-source", "hvcp://fleet");
    request.headers.emplace("ce-type", "x");
    const auto binary = cloud_events_of(request);
    ASSERT_TRUE(structured.ok() && batch.ok() && binary.ok());
    EXPECT_EQ(structured->front(), batch->front());
    EXPECT_EQ(binary->front().at("id"), "a-1");
    EXPECT_EQ(binary->front().at("data"), structured->front().at("data"));
}

TEST(CloudEvents, RefusesWhatLacksAnAttributeOrIsNoEvent) {
    const auto refused = [](const std::string& body) {
        return cloud_events_of(posted("application/cloudevents+json", body)).error().where;
    };
    EXPECT_EQ(refused(R"({"specversion":"1.0","source":"s","type":"t"})"), "/id");
    EXPECT_EQ(refused(R"({"specversion":"0.3","id":"i","source":"s","type":"t"})"), "/specversion");
    EXPECT_EQ(refused(R"({"specversion":"1.0","id":"i","source":"s","type":"t","Nope":1})"), "/Nope");
    EXPECT_EQ(refused(R"({"specversion":"1.0","id":"i","source":"s","type":"t","time":"today"})"), "/time");
    EXPECT_FALSE(cloud_events_of(posted("application/cloudevents-batch+json", "[]")).ok());
    EXPECT_EQ(cloud_events_of(posted("text/plain", "hello")).error().code, Code::Unimplemented);
}

httplib::Request binary(const std::string& type, const std::string& body) {
    auto request = posted(type, body);
    request.headers.emplace("Ce-SpecVersion", "1.0");
    request.headers.emplace("ce-id", "a-1");
    request.headers.emplace("ce-source", "hvcp://fleet");
    request.headers.emplace("ce-type", "x");
    return request;
}

TEST(CloudEvents, HeadersAreUnquotedAndPercentDecodedOnce) {
    // The binding's own example: "Euro EUR-sign smiley", and a per cent sign that was escaped.
    EXPECT_EQ(decode_header("Euro%20%E2%82%AC%20%F0%9F%98%80"), "Euro \u20AC \U0001F600");
    EXPECT_EQ(decode_header("%2520"), "%20");
    EXPECT_EQ(decode_header(R"("a \"b\" %25")"), "a \"b\" %");
    EXPECT_EQ(decode_header("100% of %zz %4"), "100% of %zz %4");
    auto request = binary("application/json", "{}");
    request.headers.emplace("ce-subject", "caf%C3%A9%20%22x%22");
    EXPECT_EQ(cloud_events_of(request)->front().at("subject"), "caf\u00E9 \"x\"");
}

TEST(CloudEvents, HeadersThatNobodyCouldMeanAreRefused) {
    const auto refused = [](const std::string& name, const std::string& value) {
        auto request = binary("application/json", "{}");
        request.headers.emplace(name, value);
        const auto events = cloud_events_of(request);
        return events ? "taken" : events.error().where;
    };
    EXPECT_EQ(refused("ce-subject", "%ff"), "ce-subject");
    EXPECT_EQ(refused("CE-ID", "b-2"), "ce-id");  // twice
    EXPECT_EQ(refused("ce-data", "x"), "ce-data");
    EXPECT_EQ(refused("ce-datacontenttype", "text/plain"), "ce-datacontenttype");
    EXPECT_EQ(refused("ce-subject", "a%0Ab"), "/subject");
    EXPECT_EQ(refused("ce-bad_name", "a"), "/bad_name");
    EXPECT_EQ(refused("ce-traceparent", "00-1"), "taken");
}

TEST(CloudEvents, DataOfAnyTypeIsKept) {
    const auto event_of = [](const std::string& type, const std::string& body) {
        const auto events = cloud_events_of(binary(type, body));
        return events ? events->front() : nlohmann::json();
    };
    EXPECT_EQ(event_of("text/plain; charset=utf-8", "gr\u00FCezi").at("data"), "gr\u00FCezi");
    EXPECT_EQ(event_of("text/plain", "\xff\xfe").at("data_base64"), "//4=");
    EXPECT_EQ(event_of("application/octet-stream", std::string("\0\1\2", 3)).at("data_base64"), "AAEC");
    EXPECT_EQ(event_of("application/octet-stream", "ab").at("data_base64"), "YWI=");
    EXPECT_EQ(event_of("application/geo+json", "[1]").at("data"), nlohmann::json::array({1}));
    EXPECT_EQ(event_of("application/xml", "<a/>").at("datacontenttype"), "application/xml");
    EXPECT_FALSE(event_of("application/xml", "").contains("data_base64"));
    EXPECT_EQ(cloud_events_of(binary("application/json", "{")).error().code, Code::InvalidArgument);
    EXPECT_EQ(cloud_events_of(binary("multipart/form-data; boundary=x", "--x--")).error().code, Code::Unimplemented);
}

TEST(CloudEvents, ControlCharactersAndBrokenDataAreRefused) {
    const auto refused = [](const std::string& member) {
        const auto events = cloud_events_of(
            posted("application/cloudevents+json", R"({"specversion":"1.0","type":"t",)" + member + "}"));
        return events ? "taken" : events.error().where;
    };
    EXPECT_EQ(refused(R"("source":"a\nb","id":"c")"), "/source");  // else it were the name of ("a", "b\nc")
    EXPECT_EQ(refused(R"("source":"a","id":"b\u0085c")"), "/id");
    EXPECT_EQ(refused(R"("source":"a","id":")" + std::string(257, 'x') + "\""), "/id");
    EXPECT_EQ(refused(R"("source":"a","id":"b","data":1,"data_base64":"AAEC")"), "/data");
    EXPECT_EQ(refused(R"("source":"a","id":"b","data_base64":"A*==")"), "/data_base64");
    EXPECT_EQ(refused(R"("source":"a","id":"b","data_base64":"AAE=")"), "taken");
    EXPECT_EQ(refused(R"("source":"a","id":"b","subject":null)"), "taken");
}

}  // namespace
}  // namespace helix::http
