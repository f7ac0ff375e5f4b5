#include <mutex>

#include <gtest/gtest.h>

#include "tests/http2_client/peer_process.hpp"

namespace helix::http2_client::testing {
namespace {

/// A fake for what cannot be had for real on demand: a source whose next answers the test decides.
class ScriptedSource final : public endpoint::CredentialSource {
public:
    explicit ScriptedSource(std::vector<endpoint::Credential> script) : script_(std::move(script)) {}

    std::optional<endpoint::Credential> ready() override {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    Result<endpoint::Credential> fetch(std::stop_token) override {
        const std::lock_guard lock(mutex_);
        ++fetches_;
        if (next_ == script_.size()) return error(Code::Unauthenticated, "the script is over");
        current_ = script_[next_++];
        return *current_;
    }
    void rejected(const endpoint::Credential& used) override {
        const std::lock_guard lock(mutex_);
        if (current_ == used) current_.reset();
    }
    int fetches() {
        const std::lock_guard lock(mutex_);
        return fetches_;
    }

private:
    std::mutex mutex_;
    const std::vector<endpoint::Credential> script_;
    std::optional<endpoint::Credential> current_;
    std::size_t next_ = 0;
    int fetches_ = 0;
};

std::shared_ptr<ScriptedSource> tokens(const std::vector<std::string>& values) {
    std::vector<endpoint::Credential> script;
    for (const std::string& value : values) script.push_back({value});
    return std::make_shared<ScriptedSource>(std::move(script));
}

TEST(Credentials, ARotatedTokenNeedsNoNewConnection) {
    const Peer peer;
    std::vector<std::string> values;
    for (int n = 0; n <= 60; ++n) values.push_back("t" + std::to_string(n));
    const auto source = tokens(values);
    const auto channel = channel_to(peer, {}, source);
    for (const std::string& value : values) {
        peer.set_token(value);
        EXPECT_EQ(channel->call(get("/auth"))->status, 200) << value;
    }
    EXPECT_EQ(peer.accepted(), 1);
    EXPECT_EQ(source->fetches(), 61);
}

TEST(Credentials, A401IsRepeatedOnceAndNeverMore) {
    const Peer peer;
    peer.set_token("nobody-has-it");
    const auto source = tokens({"a", "b", "c", "d"});
    const auto channel = channel_to(peer, {}, source);
    EXPECT_EQ(channel->call(get("/auth"))->status, 401);
    EXPECT_EQ(peer.requests("GET /auth"), 2);
    EXPECT_EQ(source->fetches(), 2);
    EXPECT_EQ(channel->call(write(Method::Post, "/auth"))->status, 401);
    EXPECT_EQ(peer.requests("POST /auth"), 2);
}

TEST(Credentials, A401WithNothingNewerIsNotRepeated) {
    const Peer peer;
    peer.set_token("x");
    const auto constant =
        channel_to(peer, {}, std::make_shared<endpoint::ConstantCredential>(endpoint::Credential{"a"}));
    EXPECT_EQ(constant->call(get("/auth"))->status, 401);
    EXPECT_EQ(peer.requests("GET /auth"), 1);
    const auto same = channel_to(peer, {}, tokens({"a", "a", "a"}));
    EXPECT_EQ(same->call(get("/auth"))->status, 401);
    EXPECT_EQ(peer.requests("GET /auth"), 2);
}

TEST(Credentials, AWriteRefusedWith401MayGoOnceMore) {
    const Peer peer;
    peer.set_token("new");
    const auto channel = channel_to(peer, {}, tokens({"old", "new"}));
    EXPECT_EQ(channel->call(write(Method::Post, "/auth"))->status, 200);
    EXPECT_EQ(peer.requests("POST /auth"), 2);
}

TEST(Credentials, NoneToBeHadIsAnErrorOfEachRequest) {
    const Peer peer;
    const auto channel = channel_to(peer, {}, tokens({}));
    EXPECT_EQ(channel->call(get("/echo")).error().code, Code::Unauthenticated);
    EXPECT_EQ(peer.accepted(), 0);
}

TEST(Credentials, ANewClientCertificateIsANewConnection) {
    const Peer peer;
    const auto source = std::make_shared<ScriptedSource>(std::vector<endpoint::Credential>{
        {"", peer.pem("client_cert"), peer.pem("client_key")}, {"", peer.pem("second_cert"), peer.pem("second_key")}});
    const auto channel = channel_to(peer, {}, source);
    EXPECT_EQ(nlohmann::json::parse(channel->call(get("/echo"))->body).at("subject"), "client-one");
    source->rejected(*source->ready());
    EXPECT_EQ(nlohmann::json::parse(channel->call(get("/echo"))->body).at("subject"), "client-two");
    EXPECT_EQ(peer.accepted(), 2);
}

TEST(Credentials, ABrokenOneNeverShowsInAnError) {
    const Peer peer;
    const auto token = channel_to(
        peer, {}, std::make_shared<endpoint::ConstantCredential>(endpoint::Credential{"canary\r\nX-Evil: 1"}));
    const auto key = channel_to(peer, {},
                                std::make_shared<endpoint::ConstantCredential>(
                                    endpoint::Credential{"", peer.pem("client_cert"), "canary, not a key"}));
    for (Channel* channel : {token.get(), key.get()}) {
        const auto result = channel->call(get("/echo"));
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().code, Code::Unauthenticated) << result.error().message;
        EXPECT_EQ(result.error().message.find("canary"), std::string::npos);
    }
}

}  // namespace
}  // namespace helix::http2_client::testing
