#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/http2_client/peer_process.hpp"

namespace helix::http2_client::testing {
namespace {

nlohmann::json echo(Channel& channel, Request request = get("/echo?a=b%20c")) {
    const auto response = channel.call(std::move(request));
    if (!response.ok()) return {{"error", response.error().message}};
    return nlohmann::json::parse(response->body);
}

TEST(Tls, SpeaksHttp2WithACertificateFromMemory) {
    const Peer peer;
    const auto channel = channel_to(peer, {},
                                    std::make_shared<endpoint::ConstantCredential>(
                                        endpoint::Credential{"", peer.pem("client_cert"), peer.pem("client_key")}));
    const auto said = echo(*channel);
    EXPECT_EQ(said.value("proto", ""), "HTTP/2.0") << said;
    EXPECT_EQ(said.at("subject"), "client-one");
    EXPECT_EQ(said.at("query"), "a=b%20c");
    EXPECT_EQ(said.at("accept"), "application/json");
    EXPECT_EQ(said.at("accept_encoding"), "");
    EXPECT_EQ(said.at("content_type"), "");
}

TEST(Tls, SendsBodyAndTypeAndKeepsTheHeadersThatMatter) {
    const Peer peer;
    const auto channel = channel_to(peer);
    for (const Method method : {Method::Post, Method::Put, Method::Patch, Method::Delete}) {
        Request request = write(method, "/echo", R"({"a":1})");
        request.content_type = "application/merge-patch+json";
        const auto said = echo(*channel, request);
        EXPECT_EQ(said.value("method", ""), to_string(method)) << said;
        EXPECT_EQ(said.at("body"), R"({"a":1})");
        EXPECT_EQ(said.at("content_type"), "application/merge-patch+json");
    }
    const auto response = channel->call(get("/echo"));
    EXPECT_EQ(response->content_type, "application/json");
    EXPECT_EQ(response->etag, "\"v1\"");
    EXPECT_EQ(response->audit_id, "a-1");
    EXPECT_EQ(response->warnings, (std::vector<std::string>{"299 - \"one\"", "299 - \"two\""}));
}

TEST(Tls, AnUnknownAuthorityIsRefused) {
    const Peer peer;
    for (const std::string& ca : {peer.pem("other_ca"), std::string()}) {
        const auto channel = Channel::open({peer.url(), ca}, nobody());
        EXPECT_EQ((*channel)->call(get("/echo")).error().code, Code::Unavailable);
    }
    const auto insecure = Channel::open({peer.url(), "", "", true}, nobody());
    EXPECT_TRUE((*insecure)->call(get("/echo")).ok());
    EXPECT_EQ(peer.requests("GET /echo"), 1);
}

TEST(Tls, TheServerNameIsSentAndChecked) {
    const Peer peer({"-name", "api.peer.test"});
    const auto wrong = Channel::open(peer.endpoint(), nobody());
    EXPECT_EQ((*wrong)->call(get("/echo")).error().code, Code::Unavailable);
    const auto right = Channel::open({peer.url(), peer.pem("ca"), "api.peer.test"}, nobody());
    const auto said = echo(**right);
    EXPECT_EQ(said.value("sni", ""), "api.peer.test") << said;
    EXPECT_EQ("https://" + said.at("host").get<std::string>(), peer.url());
    EXPECT_EQ(peer.requests("GET /echo"), 1);
}

TEST(Tls, RedirectsAreNotFollowed) {
    const Peer peer;
    const auto channel = channel_to(peer);
    EXPECT_EQ(channel->call(get("/redirect"))->status, 302);
    EXPECT_EQ(peer.requests("GET /echo"), 0);
}

TEST(Tls, ProxiesOfTheEnvironmentAreIgnored) {
    const Peer peer;
    ::setenv("https_proxy", "http://127.0.0.1:1", 1);  // NOLINT(concurrency-mt-unsafe): no channel runs yet
    ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);    // NOLINT(concurrency-mt-unsafe)
    {
        const auto channel = channel_to(peer);
        EXPECT_TRUE(channel->call(get("/echo")).ok());
    }
    ::unsetenv("https_proxy");  // NOLINT(concurrency-mt-unsafe)
    ::unsetenv("ALL_PROXY");    // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace helix::http2_client::testing
