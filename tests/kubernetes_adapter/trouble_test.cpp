#include <cmath>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "adapters/kubernetes/kubernetes_target.hpp"
#include "tests/kubernetes_adapter/mirror_view.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/test_cluster.hpp"

// The mirror and the writes while the API server is away, forgets its history, or sends its callers elsewhere.
namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using nlohmann::json;
using ports::Outcome;
using test_support::eventually;
using test_support::Relay;
using test_support::TestCluster;

constexpr const char* kNamespace = "load";
constexpr std::uint64_t kKindsServed = 10;  // the eleventh, the autoscaler, is not installed here

class Trouble : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        ASSERT_EQ(cluster_->run({"load", "--nodes", "3", "--pods", "6", "--deployments", "2"}).exit_code, 0);
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
    }

    static std::unique_ptr<ports::Target> follow(const std::string& kubeconfig) {
        KubernetesOptions options;
        options.metrics_period = std::chrono::milliseconds(300);
        auto target = make_kubernetes_target("real", {kubeconfig}, "dev-admin", options);
        EXPECT_TRUE(target.ok());
        EXPECT_TRUE(eventually(60, [&] { return (*target)->freshness().synced; })) << (*target)->freshness().problem;
        return std::move(*target);
    }

    static bool scale(const std::string& deployment, int replicas) {
        return cluster_
                   ->kubectl(
                       {"-n", kNamespace, "scale", "deployment", deployment, "--replicas=" + std::to_string(replicas)})
                   .exit_code == 0;
    }

    /// Waits until the mirror holds what the server does; says what differs when it never does.
    static testing::AssertionResult agrees(const ports::Target& target) {
        if (eventually(30, [&] { return target.freshness().synced && mirrored(target) == served(*cluster_); }))
            return testing::AssertionSuccess();
        auto failure = testing::AssertionFailure() << target.freshness().problem;
        const auto ours = mirrored(target);
        const auto theirs = served(*cluster_);
        for (const std::string& line : ours)
            if (!theirs.contains(line)) failure << "\nonly mirrored: " << line;
        for (const std::string& line : theirs)
            if (!ours.contains(line)) failure << "\nonly served:   " << line;
        return failure;
    }

    static json ask_etcd(const std::string& path, const json& body) {
        const json about = json::parse(std::ifstream(cluster_->dir() / "cluster.json"));
        httplib::Client client("127.0.0.1", about.at("ports").at("etcd").get<int>());
        const auto answer = client.Post(path, body.dump(), "application/json");
        return answer && answer->status == 200 ? json::parse(answer->body) : json();
    }

    /// Writes of `user` to `name` that the API server did, by its audit log.
    static int writes_done(const std::string& name, const std::string& user) {
        int count = 0;
        std::ifstream log(cluster_->dir() / "log" / "audit.jsonl");
        for (std::string line; std::getline(log, line);) {
            if (line.find("\"" + name + "\"") == std::string::npos) continue;
            const json event = json::parse(line);
            const bool dry_run = event.at("requestURI").get<std::string>().find("dryRun") != std::string::npos;
            if (event.at("verb") == "patch" && !dry_run && event.at("user").at("username") == user &&
                event.at("responseStatus").at("code") == 200)
                ++count;
        }
        return count;
    }

    static std::unique_ptr<TestCluster> cluster_;
};

std::unique_ptr<TestCluster> Trouble::cluster_;

TEST_F(Trouble, ADeadServerIsTriedByOneConnectionAtATimeAndNothingIsMissed) {
    const Relay relay(*cluster_);
    const auto target = follow(test_support::kubeconfig_through(*cluster_, relay.url(), "relayed.json"));
    ASSERT_TRUE(
        eventually(20, [&] { return relay.stats().forwarded.contains("GET /apis/metrics.k8s.io/v1beta1/pods"); }));
    const auto relists = target->connections().relists_total;
    const auto before = relay.stats().accepted_ms.size();

    relay.refuse(true);
    ASSERT_TRUE(scale("load-000", 5));
    constexpr std::size_t kTries = 5;
    ASSERT_TRUE(eventually(60, [&] { return relay.stats().accepted_ms.size() >= before + kTries; }));
    EXPECT_FALSE(target->freshness().synced);
    EXPECT_FALSE(target->freshness().problem.empty());
    const auto tried = relay.stats();
    relay.refuse(false);
    ASSERT_TRUE(agrees(*target));

    const std::vector<std::int64_t>& at = tried.accepted_ms;
    std::cout << "tries after the connections died, ms apart:";
    for (std::size_t i = before + 1; i < at.size(); ++i) std::cout << " " << at[i] - at[i - 1];
    std::cout << "\n";
    // 0.5 s, then half to the whole of 1, 2, 4 s: server and client look at two clocks, hence the tenth off.
    const std::int64_t least[] = {450, 450, 900, 1'800};
    for (std::size_t i = 1; i < kTries; ++i)
        EXPECT_GE(at[before + i] - at[before + i - 1], least[i - 1]) << "try " << i;
    EXPECT_EQ(relay.stats().accepted_ms.size(), at.size() + 1) << "one connection brings everything back";
    EXPECT_EQ(target->connections().relists_total, relists) << "the watches go on where they were";
}

TEST_F(Trouble, AServerThatForgotItsHistoryIsListedOncePerKind) {
    const auto target = follow(cluster_->kubeconfig().string());
    ASSERT_TRUE(agrees(*target));
    const auto before = target->connections();
    ASSERT_EQ(cluster_->run({"stop", "kube-apiserver"}).exit_code, 0);
    ASSERT_TRUE(eventually(30, [&] { return !target->freshness().synced; }));
    // One revision more than any watch has seen, and nothing before it is kept.
    const json put = ask_etcd("/v3/kv/put", {{"key", "aGVsaXg="}, {"value", ""}});
    ASSERT_TRUE(put.is_object());
    const std::string revision = put.at("header").at("revision");
    ASSERT_TRUE(ask_etcd("/v3/kv/compaction", {{"revision", revision}, {"physical", true}}).is_object());
    ASSERT_EQ(cluster_->run({"start", "kube-apiserver"}).exit_code, 0);
    ASSERT_TRUE(agrees(*target));
    ASSERT_TRUE(scale("load-001", 4));
    ASSERT_TRUE(agrees(*target)) << "and it is followed from there";
    const auto after = target->connections();
    std::cout << after.relists_total - before.relists_total << " lists, " << after.opened_total - before.opened_total
              << " connections\n";
    EXPECT_EQ(after.relists_total - before.relists_total, kKindsServed);
}

TEST_F(Trouble, AServerThatSendsItsCallersAwayLosesNothing) {
    constexpr double kChance = 0.02;  // the most that the API server takes
    constexpr int kWrites = 150;
    ASSERT_EQ(cluster_->run({"stop", "kube-apiserver"}).exit_code, 0);
    ASSERT_EQ(cluster_->run({"start", "kube-apiserver", "--flag=--goaway-chance=0.02"}).exit_code, 0);
    const auto target = follow(cluster_->kubeconfig().string());
    const auto before = target->connections();
    for (int i = 1; i <= kWrites; ++i) {
        Action label;
        label.verb = Verb::Label;
        label.object = {"", "Deployment", kNamespace, "load-000"};
        label.entries = {{"round", std::to_string(i)}};
        const auto result = target->write(label, {"goaway-" + std::to_string(i), "tester"});
        ASSERT_EQ(result.outcome, Outcome::Applied) << i << ": " << result.detail;
        ASSERT_TRUE(target->await_visible(label, result, 20'000)) << i;
        label.verb = Verb::Patch;
        label.entries.clear();
        label.body = R"({"metadata":{"labels":{"asked":")" + std::to_string(i) + "\"}}}";
        const auto preview = target->preview(label);
        ASSERT_TRUE(preview.ok()) << i << ": " << preview.error().message;
    }
    ASSERT_TRUE(agrees(*target));
    const auto after = target->connections();
    const double requests = static_cast<double>(after.requests_total - before.requests_total);
    const auto opened = after.opened_total - before.opened_total;
    std::cout << requests << " requests, " << opened << " new connections, "
              << after.relists_total - before.relists_total << " lists\n";
    EXPECT_GE(requests, 3.0 * kWrites);
    EXPECT_GE(opened, 1U) << "nobody was sent away: this proves nothing";
    const double expected = requests * kChance;
    EXPECT_LE(static_cast<double>(opened), expected + 6.0 * std::sqrt(expected) + 2.0) << "one connection per GOAWAY";
    EXPECT_EQ(after.relists_total, before.relists_total);
    EXPECT_EQ(writes_done("load-000", "dev-admin"), kWrites) << "by the audit log";
}

}  // namespace
}  // namespace helix::kubernetes
