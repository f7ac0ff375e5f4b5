#include <chrono>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/kubernetes/kubernetes_target.hpp"
#include "tests/support/kernel_sockets.hpp"
#include "tests/support/test_cluster.hpp"

// The adapter against a real API server, scheduler and metrics-server with KWOK nodes.
namespace helix::kubernetes {
namespace {

using gate::Action;
using gate::Verb;
using ports::Outcome;
using ports::WriteResult;
using test_support::TestCluster;

constexpr const char* kNamespace = "load";

/// Waits until `holds`; false after `seconds`.
bool eventually(int seconds, const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

Action action(Verb verb, const std::string& kind, const std::string& name, const std::string& ns = kNamespace) {
    Action made;
    made.verb = verb;
    made.object = {"", kind, kind == "Node" ? "" : ns, name};
    return made;
}

class RealCluster : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        ASSERT_EQ(
            cluster_->run({"load", "--nodes", "4", "--pods", "8", "--deployments", "2", "--wait-metrics"}).exit_code,
            0);
    }
    static void TearDownTestSuite() { cluster_.reset(); }

    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
        target_ = connect("");
        ASSERT_TRUE(synced()) << target_->freshness().problem;
    }

    static std::unique_ptr<ports::Target> connect(const std::string& context) {
        KubernetesOptions options;
        options.metrics_period = std::chrono::milliseconds(500);
        options.writer.drain_time = std::chrono::seconds(15);
        auto target = make_kubernetes_target("real", {cluster_->kubeconfig().string()}, context, options);
        EXPECT_TRUE(target.ok());
        return target.ok() ? std::move(*target) : nullptr;
    }

    bool synced() const {
        return eventually(60, [&] {
            const auto fresh = target_->freshness();
            return fresh.synced && fresh.problem.empty();
        });
    }

    static std::string kubectl(const std::vector<std::string>& args) { return cluster_->kubectl(args).output; }

    WriteResult write(const Action& one, const std::string& cycle = "cycle-1") {
        WriteResult result = target_->write(one, {cycle, "tester"});
        if (result.outcome == Outcome::Applied) {
            EXPECT_TRUE(target_->await_visible(one, result, 20'000)) << describe(one.object);
        }
        return result;
    }

    /// "ns/name uid node" of every pod, one a line, as the mirror has it.
    std::set<std::string> mirrored_pods() const {
        std::set<std::string> pods;
        target_->read([&](const cluster::State& state) {
            for (cluster::PodId id = 0; id < state.pod_slots(); ++id) {
                const cluster::PodSlot& pod = state.pod(id);
                if (!pod.live) continue;
                const std::string node = pod.node == cluster::kNone ? "" : state.node(pod.node).name;
                pods.insert(state.namespace_name(pod.ns) + "/" + pod.name + " " + pod.uid + " " + node);
            }
        });
        return pods;
    }

    static std::set<std::string> served_pods() {
        std::istringstream lines(
            kubectl({"get", "pods", "-A", "-o",
                     "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid} "
                     "{.spec.nodeName}{\"\\n\"}{end}"}));
        std::set<std::string> pods;
        for (std::string line; std::getline(lines, line);) pods.insert(line);
        return pods;
    }

    std::string deployment(const std::string& name, const std::string& path) const {
        return kubectl({"-n", kNamespace, "get", "deployment", name, "-o", "jsonpath={" + path + "}"});
    }

    struct Placed {
        std::string pod;
        std::string node;
    };

    /// A pod that stays: it runs, it is not about to go, and no roll-out is under way that would replace it.
    static Placed a_pod() {
        for (const char* name : {"deployment/load-000", "deployment/load-001"}) {
            const auto rolled = cluster_->kubectl({"-n", kNamespace, "rollout", "status", name, "--timeout=60s"});
            EXPECT_EQ(rolled.exit_code, 0) << rolled.output;
        }
        std::istringstream words(kubectl(
            {"-n", kNamespace, "get", "pods", "--field-selector", "status.phase=Running", "-o",
             "go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}} {{.spec.nodeName}} "
             "{{end}}{{end}}"}));
        Placed found;
        words >> found.pod >> found.node;
        EXPECT_FALSE(found.node.empty());
        return found;
    }

    static int api_port() {
        const std::string url = kubectl({"config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"});
        return std::stoi(url.substr(url.rfind(':') + 1));
    }

    static std::unique_ptr<TestCluster> cluster_;
    std::unique_ptr<ports::Target> target_;
};

std::unique_ptr<TestCluster> RealCluster::cluster_;

TEST_F(RealCluster, FiguresAreThoseOfTheServer) {
    EXPECT_TRUE(eventually(20, [&] { return mirrored_pods() == served_pods(); }));
    target_->read([](const cluster::State& state) {
        EXPECT_EQ(state.node_count(), 4U);
        for (const cluster::UnitRow& row : state.rows()) {
            if (!row.live) continue;
            EXPECT_EQ(row.capacity, std::int64_t{16} << 30);
            EXPECT_GT(row.scraped_at, 0);
        }
        const auto id = state.find_workload(cluster::WorkloadKind::Deployment, kNamespace, "load-000");
        ASSERT_NE(id, cluster::kNone);
        EXPECT_EQ(state.workload(id).workload.desired, 4);
        EXPECT_EQ(state.counted_under(id), 4);
    });
    EXPECT_TRUE(eventually(20, [&] { return !target_->wpa_scores().empty(); }));
}

TEST_F(RealCluster, ScaleChangesTheClusterAndNamesTheVersions) {
    Action scale = action(Verb::Scale, "Deployment", "load-000");
    const std::string before = deployment("load-000", ".spec.replicas");
    scale.replicas = std::stoi(before) + 1;
    const WriteResult result = write(scale);
    ASSERT_EQ(result.outcome, Outcome::Applied) << result.detail;
    EXPECT_EQ(result.detail, "scaled " + before + " -> " + std::to_string(*scale.replicas));
    EXPECT_FALSE(result.resource_version_before.empty());
    EXPECT_NE(result.resource_version_before, result.resource_version_after);
    EXPECT_EQ(deployment("load-000", ".spec.replicas"), std::to_string(*scale.replicas));
    scale.object.name = "none";
    EXPECT_EQ(write(scale).failure->code, Code::NotFound);
}

TEST_F(RealCluster, PatchesCarryTheCycle) {
    Action label = action(Verb::Label, "Deployment", "load-000");
    label.entries = {{"tier", "gold"}};
    ASSERT_EQ(write(label, "cycle-7").outcome, Outcome::Applied);
    EXPECT_EQ(deployment("load-000", ".metadata.labels.tier"), "gold");
    EXPECT_EQ(deployment("load-000", ".metadata.annotations.helix\\.eose\\.ca/cycle"), "cycle-7");
    EXPECT_NE(deployment("load-000", ".metadata.managedFields[*].manager").find("helix"), std::string::npos);

    Action resources = action(Verb::SetResources, "Deployment", "load-000");
    resources.body = R"({"requests":{"memory":"99Mi"}})";
    const auto preview = target_->preview(resources);
    ASSERT_TRUE(preview.ok()) << preview.error().message;
    EXPECT_EQ(preview->workload->shape->request.memory, 99 << 20);
    EXPECT_NE(deployment("load-000", ".spec.template.spec.containers[0].resources.requests.memory"), "99Mi");
    ASSERT_EQ(write(resources).outcome, Outcome::Applied);
    EXPECT_EQ(deployment("load-000", ".spec.template.spec.containers[0].resources.requests.memory"), "99Mi");
    ASSERT_EQ(write(action(Verb::Restart, "Deployment", "load-000")).outcome, Outcome::Applied);
    EXPECT_FALSE(
        deployment("load-000", ".spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt").empty());
}

TEST_F(RealCluster, AnyKindIsCreatedPreviewedAndDeleted) {
    Action create = action(Verb::Create, "ConfigMap", "made");
    create.body = R"({"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"}})";
    const auto preview = target_->preview(create);
    ASSERT_TRUE(preview.ok()) << preview.error().message;
    EXPECT_FALSE(preview->exists);
    ASSERT_EQ(write(create).outcome, Outcome::Applied);
    EXPECT_EQ(kubectl({"-n", kNamespace, "get", "configmap", "made", "-o", "jsonpath={.data.a}"}), "b");
    EXPECT_EQ(write(create).failure->code, Code::AlreadyExists);
    EXPECT_TRUE(target_->preview(create)->exists);
    ASSERT_EQ(write(action(Verb::Delete, "ConfigMap", "made")).outcome, Outcome::Applied);
    EXPECT_EQ(kubectl({"-n", kNamespace, "get", "configmap", "made", "--ignore-not-found"}), "");

    Action role = action(Verb::Apply, "Role", "reader");  // found by asking the server
    role.body = R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","rules":[]})";
    EXPECT_EQ(write(role).outcome, Outcome::Applied);
    create.object.ns = "nowhere";
    EXPECT_EQ(target_->preview(create).error().code, Code::NotFound);
    create.object.ns = kNamespace;
    create.body = R"({"apiVersion":"v1","kind":"ConfigMap","data":7})";
    EXPECT_EQ(target_->preview(create).error().code, Code::InvalidArgument);
}

TEST_F(RealCluster, EvictionObeysTheDisruptionBudget) {
    Action budget = action(Verb::Apply, "PodDisruptionBudget", "all");
    budget.object.api_version = "policy/v1";
    budget.body = R"({"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
                      "spec":{"maxUnavailable":0,"selector":{}}})";
    ASSERT_EQ(write(budget).outcome, Outcome::Applied);
    ASSERT_TRUE(eventually(20, [&] {
        return kubectl({"-n", kNamespace, "get", "pdb", "all", "-o", "jsonpath={.status.observedGeneration}"}) == "1";
    }));
    const auto [pod, node] = a_pod();
    const WriteResult refused = write(action(Verb::Evict, "Pod", pod));
    EXPECT_EQ(refused.outcome, Outcome::NotApplied);
    ASSERT_TRUE(refused.failure.has_value());
    EXPECT_EQ(refused.failure->code, Code::PreconditionFailed) << refused.failure->message;
    const WriteResult drained = write(action(Verb::Drain, "Node", node));
    EXPECT_EQ(drained.outcome, Outcome::Partly) << "the node is cordoned: " << drained.detail;
    EXPECT_NE(drained.detail.find("not evicted: "), std::string::npos) << drained.detail;
    EXPECT_EQ(kubectl({"get", "node", node, "-o", "jsonpath={.spec.unschedulable}"}), "true");
    ASSERT_EQ(write(action(Verb::Uncordon, "Node", node)).outcome, Outcome::Applied);
    ASSERT_EQ(write(action(Verb::Delete, "PodDisruptionBudget", "all")).failure, std::nullopt);
    ASSERT_TRUE(eventually(20, [&] {
        const WriteResult evicted = write(action(Verb::Evict, "Pod", a_pod().pod));
        return evicted.outcome == Outcome::Applied;
    }));
}

TEST_F(RealCluster, DrainEmptiesTheNode) {
    const std::string node = a_pod().node;
    const WriteResult result = write(action(Verb::Drain, "Node", node));
    ASSERT_EQ(result.outcome, Outcome::Applied) << result.detail;
    EXPECT_EQ(kubectl({"get", "node", node, "-o", "jsonpath={.spec.unschedulable}"}), "true");
    EXPECT_EQ(kubectl({"get", "pods", "-A", "--field-selector", "spec.nodeName=" + node, "-o", "name"}), "");
    ASSERT_EQ(write(action(Verb::Uncordon, "Node", node)).outcome, Outcome::Applied);
    EXPECT_EQ(kubectl({"get", "node", node, "-o", "jsonpath={.spec.unschedulable}"}), "");
}

TEST_F(RealCluster, AStalePreconditionIsAConflict) {
    Action patch = action(Verb::Patch, "Deployment", "load-001");
    patch.body = R"({"metadata":{"resourceVersion":"1","labels":{"late":"yes"}}})";
    const WriteResult result = write(patch);
    EXPECT_EQ(result.outcome, Outcome::NotApplied);
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->code, Code::Conflict) << result.failure->message;
    EXPECT_EQ(deployment("load-001", ".metadata.labels.late"), "");
}

TEST_F(RealCluster, AViewerIsRefused) {
    target_ = connect("dev-viewer");
    const WriteResult result = target_->write(action(Verb::Cordon, "Node", "node-0000"), {"cycle-1", "tester"});
    EXPECT_EQ(result.outcome, Outcome::NotApplied);
    ASSERT_TRUE(result.failure.has_value());
    EXPECT_EQ(result.failure->code, Code::PermissionDenied) << result.failure->message;
    EXPECT_TRUE(eventually(20, [&] {
        return target_->freshness().problem.find("forbidden") != std::string::npos && !target_->freshness().synced;
    }));
}

TEST_F(RealCluster, SixtyTicksOpenNoConnection) {
    const int port = api_port();
    Action label = action(Verb::Label, "Deployment", "load-001");
    label.entries = {{"tick", "0"}};
    ASSERT_EQ(write(label).outcome, Outcome::Applied);
    const auto warm = test_support::sockets_towards(port);
    ASSERT_FALSE(warm.empty());
    EXPECT_LE(warm.size(), 5U) << "four shared by C and R, one of U and D";
    const auto opened = target_->connections().opened_total;
    const auto requests = target_->connections().requests_total;
    for (int tick = 1; tick <= 60; ++tick) {
        label.entries = {{"tick", std::to_string(tick)}};
        ASSERT_EQ(write(label).outcome, Outcome::Applied);
        ASSERT_EQ(test_support::sockets_towards(port), warm) << "tick " << tick;
    }
    EXPECT_EQ(target_->connections().opened_total, opened);
    EXPECT_GE(target_->connections().requests_total, requests + 120);
}

TEST_F(RealCluster, AnApiServerThatReturnsIsFollowedAgain) {
    const auto opened = target_->connections().opened_total;
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_EQ(cluster_->run({"stop", "kube-apiserver"}).exit_code, 0);
    ASSERT_TRUE(eventually(30, [&] { return !target_->freshness().synced; }));
    EXPECT_FALSE(target_->freshness().problem.empty());
    const WriteResult away = target_->write(action(Verb::Restart, "Deployment", "load-000"), {"cycle-1", "tester"});
    EXPECT_EQ(away.outcome, Outcome::NotApplied) << "it was never sent";
    ASSERT_EQ(cluster_->run({"start", "kube-apiserver"}).exit_code, 0);
    ASSERT_TRUE(synced()) << target_->freshness().problem;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
    EXPECT_LE(target_->connections().opened_total - opened, static_cast<std::uint64_t>(seconds.count()) + 4U);

    Action scale = action(Verb::Scale, "Deployment", "load-001");
    scale.replicas = 7;
    ASSERT_EQ(write(scale).outcome, Outcome::Applied);
    EXPECT_TRUE(eventually(60, [&] {
        const auto served = served_pods();
        return mirrored_pods() == served && served.size() >= 7U;
    }));
}

}  // namespace
}  // namespace helix::kubernetes
