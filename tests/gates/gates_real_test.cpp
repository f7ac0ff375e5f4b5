// Real gates judge real Deployments: what they write is what our readers must understand.
#include <chrono>
#include <fstream>
#include <iostream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "tests/gates/gates.hpp"

namespace helix::test_support {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr const char* kConstraint = R"(
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: HelixRequiredLabels
metadata: {name: deployments-have-an-owner}
spec:
  enforcementAction: deny
  match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}], namespaces: [gates-case]}
  parameters: {labels: [owner]}
)";

class RealGates : public testing::Test {
protected:
    void SetUp() override {
        if (!TestCluster::available() || !Gates::available()) GTEST_SKIP() << "build the targets testcluster and gates";
        cluster_ = TestCluster::start();
        ASSERT_EQ(cluster_->run({"load", "--nodes", "1", "--pods", "0"}).exit_code, 0);
    }

    json get(const std::vector<std::string>& what) const {
        std::vector<std::string> words{"get", "-o", "json"};
        words.insert(words.end(), what.begin(), what.end());
        return json::parse(cluster_->kubectl(words).output, nullptr, false);
    }

    bool apply(const std::string& file) const {
        return cluster_->kubectl({"apply", "--server-side", "-f", file}).exit_code == 0;
    }

    /// The result of the policy in the report about a Deployment; empty while there is none.
    std::string kyverno_says(const std::string& deployment) const {
        const json reports = get({"policyreports", "-n", "gates-case"});
        if (!reports.is_object()) return {};
        for (const json& report : reports.at("items")) {
            const json& scope = report.at("scope");
            if (scope.value("kind", "") != "Deployment" || scope.value("name", "") != deployment) continue;
            for (const json& result : report.at("results"))
                if (result.value("policy", "") == "disallow-latest-tag") return result.value("result", "");
        }
        return {};
    }

    json constraint_status() const {
        const json constraint = get({"helixrequiredlabels", "deployments-have-an-owner"});
        return constraint.is_object() ? constraint.value("status", json::object()) : json::object();
    }

    /// The gates that run against this cluster.
    std::vector<std::string> controllers() const {
        std::vector<std::string> found;
        for (const auto& process : std::filesystem::directory_iterator("/proc")) {
            std::ifstream file(process.path() / "cmdline");
            std::string words;
            std::getline(file, words, '\0');
            const std::filesystem::path program = words;
            const bool gate = program.filename() == "gatekeeper" || program.filename() == "kyverno-reports-controller";
            if (!gate) continue;
            std::getline(file, words, '\n');
            if (words.find(cluster_->kubeconfig()) != std::string::npos) found.push_back(program);
        }
        return found;
    }

    std::unique_ptr<TestCluster> cluster_;
};

void took(const char* what, Clock::time_point since) {
    std::cerr << what << ": " << std::chrono::duration<double>(Clock::now() - since).count() << " s\n";
}

TEST_F(RealGates, WriteReportsAndViolationsAndLeaveNothingBehind) {
    Gates::prepare(*cluster_);
    ASSERT_TRUE(apply(HELIX_GATES_CASE));
    const auto asked = Clock::now();
    auto gates = Gates::start(*cluster_, {"--prepared"});
    took("gates ready", asked);
    // Gatekeeper serves the constraint's kind once it has read the template.
    const std::string constraint = (cluster_->dir() / "constraint.yaml").string();
    std::ofstream(constraint) << kConstraint;
    ASSERT_TRUE(eventually(120, [&] { return apply(constraint); }));

    json status;
    ASSERT_TRUE(eventually(120, [&] {  // its audit and its controllers write their parts on their own
        status = constraint_status();
        return status.value("totalViolations", 0) == 1 && !status.value("byPod", json::array()).empty();
    })) << status;
    took("Gatekeeper's status.violations", asked);
    const json violation = status.at("violations").at(0);
    EXPECT_EQ(status.at("byPod").at(0).at("observedGeneration"), 1);
    EXPECT_EQ(violation.at("kind"), "Deployment");
    EXPECT_EQ(violation.at("name"), "loose");
    EXPECT_EQ(violation.at("enforcementAction"), "deny");
    EXPECT_EQ(violation.at("message"), R"(you must provide labels: {"owner"})");

    Clock::time_point next_scan;
    ASSERT_TRUE(eventually(150, [&] {
        if (Clock::now() >= next_scan) {  // once may be before it has seen the workloads
            Gates::rescan(*cluster_);
            next_scan = Clock::now() + std::chrono::seconds(3);
        }
        return kyverno_says("loose") == "fail" && kyverno_says("sound") == "pass";
    })) << get({"policyreports", "-n", "gates-case"});
    took("Kyverno's PolicyReport", asked);
    // One defect, many objects: the Deployment and each of its three pods have a report of their own.
    ASSERT_TRUE(eventually(60, [&] {
        const json reports = get({"policyreports", "-n", "gates-case"});
        int failed = 0;
        for (const json& report : reports.at("items")) failed += report.at("summary").value("fail", 0);
        return failed >= 4;
    }));

    ASSERT_EQ(controllers().size(), 2U);
    const auto ending = Clock::now();
    gates.reset();
    took("gates stopped", ending);
    EXPECT_TRUE(controllers().empty());
}

TEST_F(RealGates, EndWithTheProcessThatStartedThem) {
    ChildProcess up({(Gates::folder() / "helix-gates").string(), "up", "--only", "gatekeeper", "--kubeconfig",
                     cluster_->kubeconfig().string(), "--dir", Gates::logs(*cluster_).string()},
                    {"HELIX_TESTCLUSTER=" + TestCluster::program()});
    std::string said;
    while (said.find("ready") == std::string::npos) {
        const std::string piece = up.read_some();
        ASSERT_NE(piece, "") << "the gates are not ready";
        said += piece;
    }
    ASSERT_EQ(controllers().size(), 1U);
    up.signal(SIGKILL);
    EXPECT_EQ(up.wait(), 128 + SIGKILL);
    EXPECT_TRUE(eventually(10, [&] { return controllers().empty(); })) << "gatekeeper outlives its starter";
}

}  // namespace
}  // namespace helix::test_support
