#include "service/http/cloud_events.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace helix::http
