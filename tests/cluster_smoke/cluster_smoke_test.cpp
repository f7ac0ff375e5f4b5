// The test cluster itself: it starts, runs pods, keeps its rules and leaves nothing behind.
#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/test_cluster.hpp"

namespace helix::test_support {
namespace {

class ClusterSmoke : public ::testing::Test {
protected:
    void SetUp() override {
        if (!TestCluster::available()) GTEST_SKIP() << TestCluster::program() << " is not built (target testcluster)";
        cluster_ = TestCluster::start();
    }

    // The process ids in the second column of "status".
    std::vector<pid_t> processes() const {
        std::istringstream lines(cluster_->run({"status"}).output);
        std::vector<pid_t> ids;
        std::string component, address;
        for (pid_t id = 0; lines >> component >> id >> address;) ids.push_back(id);
        return ids;
    }

    std::unique_ptr<TestCluster> cluster_;
};

TEST_F(ClusterSmoke, RunsPodsKeepsItsRulesAndEnds) {
    ASSERT_EQ(
        cluster_->run({"load", "--namespace", "demo", "--nodes", "3", "--pods", "4", "--timeout", "60s"}).exit_code, 0);
    const ProcessResult waited = cluster_->kubectl(
        {"wait", "--namespace", "demo", "--for=condition=Available", "--timeout=60s", "deployment/load-000"});
    ASSERT_EQ(waited.exit_code, 0);
    const ProcessResult phases =
        cluster_->kubectl({"get", "pods", "--namespace", "demo", "-o", "jsonpath={.items[*].status.phase}"});
    EXPECT_EQ(phases.output, "Running Running Running Running");

    const ProcessResult read = cluster_->kubectl({"--context", "dev-viewer", "get", "pods", "--namespace", "demo"});
    EXPECT_EQ(read.exit_code, 0);
    const ProcessResult refused = cluster_->kubectl(
        {"--context", "dev-viewer", "auth", "can-i", "create", "deployments", "--namespace", "demo", "--quiet"});
    EXPECT_EQ(refused.exit_code, 1);
    const ProcessResult written = cluster_->kubectl({"--context", "dev-viewer", "create", "namespace", "not-allowed"});
    EXPECT_NE(written.exit_code, 0);
    const ProcessResult absent =
        cluster_->kubectl({"get", "namespace", "not-allowed", "--ignore-not-found", "-o", "name"});
    EXPECT_EQ(absent.output, "");

    const std::vector<pid_t> ids = processes();
    ASSERT_EQ(ids.size(), 6u);
    const std::filesystem::path dir = cluster_->dir();
    cluster_.reset();
    EXPECT_TRUE(std::none_of(ids.begin(), ids.end(), [](pid_t id) { return kill(id, 0) == 0; }));
    EXPECT_FALSE(std::filesystem::exists(dir));
}

}  // namespace
}  // namespace helix::test_support
