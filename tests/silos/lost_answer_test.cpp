#include <gtest/gtest.h>

#include "adapters/silo/silo_target.hpp"
#include "tests/silos/docker_host.hpp"
#include "tests/silos/engine_relay.hpp"

// A write whose connection dies before the engine has it, or after it did it: told as it is, and never sent twice.
namespace helix::silo {
namespace {

using gate::Verb;
using ports::Outcome;
using silo_test::DockerHost;
using silo_test::EngineRelay;
using test_support::eventually;

class LostAnswer : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!DockerHost::available()) return;
        host_ = std::make_unique<DockerHost>(DockerHost::Options{});
        const auto socket = host_->folder() / "relay.sock";
        relay_ = std::make_unique<EngineRelay>(socket, host_->docker_socket());
        SiloOptions options;
        options.ssh.address.host = "forge";
        options.ssh.address.config_file = (host_->folder() / "ssh_config").string();
        options.ssh.remote_socket = socket.string();
        options.figures_every = std::chrono::milliseconds(500);
        options.read_back_time = std::chrono::milliseconds(1'500);
        target_ = make_silo_target("forge", options);
        ASSERT_TRUE(eventually(30, [] { return target_->freshness().synced; })) << target_->freshness().problem;
    }
    static void TearDownTestSuite() {
        target_.reset();
        relay_.reset();
        host_.reset();
    }
    void SetUp() override {
        if (!DockerHost::available())
            GTEST_SKIP() << "needs root, openssh-server, docker.io (scripts/setup), and to be no container";
        host_->docker({"run", "-d", "--name", "cart", "--network", "none", "-m", "64m", "eater:1", "8"});
    }
    void TearDown() override {
        if (host_) host_->docker({"rm", "-f", "cart", "made"}, true);
    }

    static gate::Action action(Verb verb, const std::string& name = "cart") {
        gate::Action action;
        action.verb = verb;
        action.object.kind = "Container";
        action.object.name = name;
        action.grace_period_s = 0;
        if (verb == Verb::SetResources) action.body = R"({"limits": {"memory": "96Mi"}})";
        if (verb == Verb::Create)
            action.body = R"({"apiVersion": "eose.ca/v1", "kind": "Container", "metadata": {"name": "made"},)"
                          R"("spec": {"image": "eater:1", "memory": "32Mi", "network": "none", "args": ["8"]}})";
        return action;
    }
    /// Everything about the containers that a write can change.
    static std::string state() {
        return host_->docker({"ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"}) +
               host_->docker({"inspect", "-f", "{{.State.StartedAt}} {{.HostConfig.Memory}}", "cart"}, true);
    }
    /// Writes while the connection is cut at the request that holds `words`.
    static ports::WriteResult write_cut(const gate::Action& action, const std::string& words, EngineRelay::Cut where) {
        relay_->cut_next(words, where);
        return target_->write(action, {.mark = "cycle/" + words, .actor = "tester"});
    }

    static std::unique_ptr<DockerHost> host_;
    static std::unique_ptr<EngineRelay> relay_;
    static std::unique_ptr<ports::Target> target_;
};

std::unique_ptr<DockerHost> LostAnswer::host_;
std::unique_ptr<EngineRelay> LostAnswer::relay_;
std::unique_ptr<ports::Target> LostAnswer::target_;

struct Case {
    Verb verb;
    std::string words;  // of the request that changes something
};
const Case kCases[] = {{Verb::Restart, "/restart?"},
                       {Verb::SetResources, "/update"},
                       {Verb::Stop, "/stop?"},
                       {Verb::Start, "/start"},
                       {Verb::Delete, "DELETE "}};

TEST_F(LostAnswer, WhatDidNotReachTheEngineIsNotApplied) {
    for (const auto& [verb, words] : kCases) {
        if (verb == Verb::Start) host_->docker({"stop", "-t", "0", "cart"});
        const std::string before = state();
        const int sent = relay_->passed(words);
        const auto result = write_cut(action(verb), words, EngineRelay::Cut::Before);
        EXPECT_EQ(result.outcome, Outcome::NotApplied) << words << ": " << result.detail;
        EXPECT_EQ(state(), before) << words;
        EXPECT_EQ(relay_->passed(words), sent) << words << " was sent again";
    }
}

TEST_F(LostAnswer, WhatTheEngineDidIsReadBack) {
    for (const auto& [verb, words] : kCases) {
        const std::string before = state();
        const int sent = relay_->passed(words);
        const auto result = write_cut(action(verb), words, EngineRelay::Cut::After);
        EXPECT_EQ(result.outcome, Outcome::Applied) << words << ": " << result.detail;
        EXPECT_NE(result.detail.find("answer was lost"), std::string::npos) << result.detail;
        EXPECT_NE(state(), before) << words;
        EXPECT_EQ(relay_->passed(words), sent + 1) << words << " was sent again";
    }
}

TEST_F(LostAnswer, AContainerIsMadeAndStartedOrNeither) {
    const std::string before = state();
    auto result = write_cut(action(Verb::Create, "made"), "/create?", EngineRelay::Cut::Before);
    EXPECT_EQ(result.outcome, Outcome::NotApplied) << result.detail;
    EXPECT_EQ(state(), before);
    for (const char* words : {"/create?", "/start"}) {
        const int made = relay_->passed("/create?");
        result = write_cut(action(Verb::Create, "made"), words, EngineRelay::Cut::After);
        EXPECT_EQ(result.outcome, Outcome::Applied) << words << ": " << result.detail;
        EXPECT_NE(host_->docker({"ps", "--format", "{{.Names}}"}).find("made"), std::string::npos) << words;
        EXPECT_EQ(relay_->passed("/create?"), made + 1);
        host_->docker({"rm", "-f", "made"});
    }
    // Made, but not started, and nobody knows whether it will be: that is told, and the container stays.
    result = write_cut(action(Verb::Create, "made"), "/start", EngineRelay::Cut::Before);
    EXPECT_EQ(result.outcome, Outcome::Unknown) << result.detail;
    EXPECT_NE(host_->docker({"ps", "-a", "--format", "{{.Names}}"}).find("made"), std::string::npos);
}

}  // namespace
}  // namespace helix::silo
