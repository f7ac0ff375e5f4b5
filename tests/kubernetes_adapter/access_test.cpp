#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/kubernetes/kubernetes_target.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/test_cluster.hpp"

// The ways in: a pod's own token that is replaced, tokens and a credential program of a kubeconfig, rights that are
// not enough. And what a WatermarkPodAutoscaler, once its API is installed, tells.
namespace helix::kubernetes {
namespace {

using nlohmann::json;
using test_support::eventually;
using test_support::TestCluster;
using MadeTarget = Result<std::unique_ptr<ports::Target>>;

/// What the service needs to mirror a cluster and to label Deployments, and nothing else.
constexpr const char* kRights = R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: helix-test}
rules:
- apiGroups: [""]
  resources: [namespaces, nodes, pods, replicationcontrollers]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  verbs: [get, list, watch]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list, watch]
- apiGroups: [metrics.k8s.io]
  resources: [nodes, pods]
  verbs: [get, list]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [patch]
)";

class Access : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        ASSERT_EQ(
            cluster_->run({"load", "--nodes", "2", "--pods", "4", "--deployments", "2", "--wait-metrics"}).exit_code,
            0);
        std::ofstream(path("rights.yaml")) << kRights;
        ASSERT_EQ(cluster_->kubectl({"apply", "-f", path("rights.yaml")}).exit_code, 0);
        for (const char* name : {"first", "second"}) {
            ASSERT_EQ(cluster_->kubectl({"create", "serviceaccount", name}).exit_code, 0);
            ASSERT_EQ(cluster_
                          ->kubectl({"create", "clusterrolebinding", name, "--clusterrole=helix-test",
                                     std::string("--serviceaccount=default:") + name})
                          .exit_code,
                      0);
        }
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
    }

    static std::string path(const std::string& file) { return (cluster_->dir() / file).string(); }

    /// Puts a fresh token of `account` where the kubelet would put it.
    static void put_token(const std::string& folder, const std::string& account) {
        const std::string token = cluster_->kubectl({"create", "token", account}).output;
        std::ofstream(folder + "/token.new") << token;
        std::filesystem::rename(folder + "/token.new", folder + "/token");
    }

    static KubernetesOptions options() {
        KubernetesOptions made;
        made.metrics_period = std::chrono::milliseconds(300);
        made.access.reread_after = std::chrono::seconds(1);
        return made;
    }

    static bool synced(const ports::Target& target) {
        return eventually(30, [&] { return target.freshness().synced; });
    }

    static ports::WriteResult write(ports::Target& target, gate::Verb verb, const std::string& kind,
                                    const std::string& name, const std::string& ns) {
        gate::Action one;
        one.verb = verb;
        one.object = {"", kind, ns, name};
        if (verb == gate::Verb::Label) one.entries = {{"seen", "yes"}};
        return target.write(one, {"cycle-access", "tester"});
    }

    /// Requests of `user` that the API server's audit log has.
    static int requests_of(const std::string& user) {
        int count = 0;
        std::ifstream log(cluster_->dir() / "log" / "audit.jsonl");
        for (std::string line; std::getline(log, line);)
            if (line.find("\"username\":\"" + user + "\"") != std::string::npos) ++count;
        return count;
    }

    static std::unique_ptr<TestCluster> cluster_;
};

std::unique_ptr<TestCluster> Access::cluster_;

TEST_F(Access, APodsTokenIsReadAgainAndItsRightsAreTheServers) {
    const std::string folder = path("serviceaccount");
    std::filesystem::create_directory(folder);
    std::filesystem::copy_file(path("pki/ca.crt"), folder + "/ca.crt");
    put_token(folder, "first");
    const std::string port = std::to_string(test_support::port_of(test_support::api_server_url(*cluster_)));
    const auto target = make_in_cluster_target("pod", folder, "127.0.0.1", port, options());
    ASSERT_TRUE(target.ok()) << target.error().message;
    ASSERT_TRUE(synced(**target)) << (*target)->freshness().problem;
    EXPECT_EQ(write(**target, gate::Verb::Label, "Deployment", "load-000", "load").outcome, ports::Outcome::Applied);

    const auto refused = write(**target, gate::Verb::Cordon, "Node", "node-0000", "");
    ASSERT_TRUE(refused.failure.has_value());
    EXPECT_EQ(refused.outcome, ports::Outcome::NotApplied);
    EXPECT_EQ(refused.failure->code, Code::PermissionDenied);
    for (const char* named : {"403", "system:serviceaccount:default:first", "nodes"})
        EXPECT_NE(refused.failure->message.find(named), std::string::npos) << refused.failure->message;

    const auto opened = (*target)->connections().opened_total;
    put_token(folder, "second");
    EXPECT_TRUE(eventually(20, [] { return requests_of("system:serviceaccount:default:second") > 0; }));
    EXPECT_TRUE((*target)->freshness().synced);
    EXPECT_EQ((*target)->connections().opened_total, opened) << "another token needs no other connection";
    const auto by_second = write(**target, gate::Verb::Label, "Deployment", "load-001", "load");
    EXPECT_EQ(by_second.outcome, ports::Outcome::Applied) << by_second.detail;
}

TEST_F(Access, OutsideAPodThatIsSaid) {
    EXPECT_EQ(make_in_cluster_target("pod", path("nowhere"), "", "", options()).error().code, Code::NotFound);
    const MadeTarget no_files = make_in_cluster_target("pod", path("nowhere"), "127.0.0.1", "1", options());
    EXPECT_EQ(no_files.error().where, path("nowhere") + "/ca.crt");
}

TEST_F(Access, ACredentialProgramRunsOnlyWhenAllowed) {
    const std::vector<std::string> kubeconfig{cluster_->kubeconfig().string()};
    const MadeTarget refused = make_kubernetes_target("exec", kubeconfig, "dev-exec", options());
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::PermissionDenied);
    KubernetesOptions allowed = options();
    allowed.access.allow_exec = true;
    const auto target = make_kubernetes_target("exec", kubeconfig, "dev-exec", allowed);
    ASSERT_TRUE(target.ok()) << target.error().message;
    ASSERT_TRUE(synced(**target)) << (*target)->freshness().problem;
    EXPECT_EQ(write(**target, gate::Verb::Label, "Deployment", "load-000", "load").outcome, ports::Outcome::Applied);
    EXPECT_GT(requests_of("dev-exec"), 0);
}

TEST_F(Access, AWatermarkPodAutoscalerSetsTheScore) {
    ASSERT_EQ(cluster_->kubectl({"apply", "-f", HELIX_WPA_CRD}).exit_code, 0);
    ASSERT_EQ(cluster_
                  ->kubectl({"wait", "--for=condition=Established", "--timeout=30s",
                             "crd/watermarkpodautoscalers.datadoghq.com"})
                  .exit_code,
              0);
    const auto target = make_kubernetes_target("wpa", {cluster_->kubeconfig().string()}, "dev-admin", options());
    ASSERT_TRUE(target.ok());
    const auto score = [&](const std::string& name) -> std::optional<ports::WpaScore> {
        for (const ports::WpaScore& one : (*target)->wpa_scores())
            if (one.kind == "Deployment" && one.ns == "load" && one.name == name) return one;
        return std::nullopt;
    };
    ASSERT_TRUE(eventually(30, [&] { return score("load-000") && score("load-001"); }));
    EXPECT_TRUE(score("load-000")->proxy) << "nothing names it yet";

    const json scaler = {
        {"apiVersion", "datadoghq.com/v1alpha1"},
        {"kind", "WatermarkPodAutoscaler"},
        {"metadata", {{"name", "load"}, {"namespace", "load"}}},
        {"spec",
         {{"scaleTargetRef", {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "load-000"}}},
          {"minReplicas", 1},
          {"maxReplicas", 5},
          {"metrics",
           {{{"type", "External"},
             {"external", {{"metricName", "queue"}, {"lowWatermark", "20"}, {"highWatermark", "60"}}}}}}}}};
    std::ofstream(path("wpa.json")) << scaler.dump();
    ASSERT_EQ(cluster_->kubectl({"apply", "-f", path("wpa.json")}).exit_code, 0);
    const auto tell = [&](const std::string& value) {
        const json status = {
            {"status",
             {{"currentMetrics",
               {{{"type", "External"}, {"external", {{"metricName", "queue"}, {"currentValue", value}}}}}}}}};
        return cluster_
            ->kubectl({"-n", "load", "patch", "watermarkpodautoscaler", "load", "--subresource=status", "--type=merge",
                       "-p", status.dump()})
            .exit_code;
    };
    const auto reaches = [&](std::int64_t ppm) {
        return eventually(20, [&] {
            const auto now = score("load-000");
            return now && !now->proxy && now->score_ppm == ppm;
        });
    };
    ASSERT_EQ(tell("30"), 0);
    EXPECT_TRUE(reaches(250'000)) << "(30 - 20) / (60 - 20)";
    ASSERT_EQ(tell("45500m"), 0);
    EXPECT_TRUE(reaches(637'500));
    EXPECT_TRUE(score("load-001")->proxy) << "no autoscaler names it";
    ASSERT_EQ(cluster_->kubectl({"-n", "load", "delete", "watermarkpodautoscaler", "load"}).exit_code, 0);
    EXPECT_TRUE(eventually(20, [&] { return score("load-000") && score("load-000")->proxy; }));
}

}  // namespace
}  // namespace helix::kubernetes
