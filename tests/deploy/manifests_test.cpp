// The manifests of deploy/ on a real API server: every field is known to it, and what they promise holds.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/test_cluster.hpp"

namespace helix::test_support {
namespace {

using nlohmann::json;

class Manifests : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        ASSERT_EQ(cluster_->run({"load", "--nodes", "2", "--pods", "0"}).exit_code, 0);
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
    }

    /// Applies a file of deploy/; a field that the API server does not know is an error.
    static int apply(const std::string& file) {
        return cluster_->kubectl({"apply", "--server-side", "--validate=strict", "-f", HELIX_DEPLOY "/" + file})
            .exit_code;
    }

    static json get(const std::vector<std::string>& what) {
        std::vector<std::string> words{"get", "-o", "json"};
        words.insert(words.end(), what.begin(), what.end());
        return json::parse(cluster_->kubectl(words).output, nullptr, false);
    }

    static std::unique_ptr<TestCluster> cluster_;
};

std::unique_ptr<TestCluster> Manifests::cluster_;

TEST_F(Manifests, LayersAreNamespacesAndL6IsClosed) {
    ASSERT_EQ(apply("sostle/namespaces.yaml"), 0);
    const json spaces = get({"namespaces", "-l", "eose.ca/sostle"});
    ASSERT_TRUE(spaces.is_object());
    std::vector<std::string> layers;
    for (const json& space : spaces.at("items"))
        layers.push_back(space.at("metadata").at("labels").at("eose.ca/sostle"));
    EXPECT_EQ(layers, (std::vector<std::string>{"L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"}));
    EXPECT_EQ(get({"namespace", "chaos-trial"}).at("metadata").at("labels").at("eose.ca/court"), "true");

    // The quota's controller has to have counted before the API server can refuse by it.
    ASSERT_TRUE(eventually(30, [] {
        const json quota = get({"resourcequota", "closed", "-n", "sostle-l6"});
        return quota.is_object() && quota.contains("status") && quota.at("status").contains("used");
    }));
    const auto put = [](const std::string& ns) {
        return cluster_
            ->kubectl({"run", "probe", "-n", ns, "--image=registry.example.com/probe:1", "--dry-run=server",
                       R"(--overrides={"spec": {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type":
                       "RuntimeDefault"}}, "containers": [{"name": "probe", "image": "registry.example.com/probe:1",
                       "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}})"})
            .exit_code;
    };
    ASSERT_TRUE(eventually(30, [&] { return put("sostle-l5") == 0; })) << "no service account yet";
    EXPECT_NE(put("sostle-l6"), 0) << "a pod came into the closed layer";
}

TEST_F(Manifests, VectorRunsOnEveryNode) {
    ASSERT_EQ(apply("vector/vector.yaml"), 0);
    EXPECT_TRUE(eventually(60, [] {
        const json set = get({"daemonset", "vector", "-n", "helix-logs"});
        return set.is_object() && set.contains("status") && set.at("status").value("numberReady", 0) == 2;
    })) << get({"daemonset", "vector", "-n", "helix-logs"});
    const auto may = [](const std::string& verb, const std::string& what) {
        return cluster_->kubectl({"auth", "can-i", verb, what, "--as=system:serviceaccount:helix-logs:vector", "-A"})
                   .exit_code == 0;
    };
    EXPECT_TRUE(may("watch", "pods"));
    EXPECT_FALSE(may("get", "secrets"));
    EXPECT_FALSE(may("create", "pods"));
}

}  // namespace
}  // namespace helix::test_support
