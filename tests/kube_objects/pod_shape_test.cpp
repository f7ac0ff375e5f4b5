#include <gtest/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

namespace helix::kube_objects {
namespace {

constexpr std::int64_t kMi = 1 << 20;

/// The shape of a Deployment's template with this pod spec.
cluster::PodShape shape_of(const std::string& spec, const std::string& labels = "{}") {
    Decoder decoder;
    const auto workload = decoder.decode_workload(
        cluster::WorkloadKind::Deployment, R"({"metadata":{"name":"d"},"spec":{"template":{"metadata":{"labels":)" +
                                               labels + R"(},"spec":)" + spec + "}}}");
    EXPECT_TRUE(workload.ok()) << workload.error().message;
    return workload.ok() ? *workload->shape : cluster::PodShape{};
}

std::string container(const std::string& request, const std::string& limit = "", const std::string& more = "") {
    std::string text = R"({"name":"c","resources":{)";
    if (!request.empty()) text += R"("requests":{"memory":")" + request + R"(","cpu":"100m"})";
    if (!request.empty() && !limit.empty()) text += ",";
    if (!limit.empty()) text += R"("limits":{"memory":")" + limit + R"("})";
    return text + "}" + more + "}";
}

const std::string kSidecar = R"(,"restartPolicy":"Always")";

TEST(PodShape, AddsContainersUp) {
    const auto shape = shape_of(R"({"containers":[)" + container("10Mi") + "," + container("20Mi") + "]}");
    EXPECT_EQ(shape.request, (cluster::Amounts{30 * kMi, 200, 1}));
    EXPECT_TRUE(shape.memory_requested);
    EXPECT_FALSE(shape.memory_limit.has_value());
}

TEST(PodShape, TakesTheLargerOfStartingAndRunning) {
    EXPECT_EQ(shape_of(R"({"containers":[)" + container("10Mi") + R"(],"initContainers":[)" + container("50Mi") + "," +
                       container("40Mi") + "]}")
                  .request.memory,
              50 * kMi);
    // sidecars run beside the containers, and beside the init containers that come after them
    EXPECT_EQ(shape_of(R"({"containers":[)" + container("10Mi") + R"(],"initContainers":[)" +
                       container("5Mi", "", kSidecar) + "," + container("40Mi") + "]}")
                  .request.memory,
              45 * kMi);
    EXPECT_EQ(shape_of(R"({"containers":[)" + container("10Mi") + R"(],"initContainers":[)" + container("12Mi") + "," +
                       container("5Mi", "", kSidecar) + "]}")
                  .request.memory,
              15 * kMi);
}

TEST(PodShape, AddsOverheadAndPrefersPodLevelResources) {
    EXPECT_EQ(shape_of(R"({"overhead":{"memory":"3Mi","cpu":"7m"},"containers":[)" + container("10Mi") + "]}").request,
              (cluster::Amounts{13 * kMi, 107, 1}));
    const auto shape =
        shape_of(R"({"resources":{"requests":{"memory":"64Mi"},"limits":{"memory":"128Mi"}},"containers":[)" +
                 container("") + "]}");
    EXPECT_EQ(shape.request.memory, 64 * kMi);
    EXPECT_TRUE(shape.memory_requested);
    EXPECT_EQ(shape.memory_limit, 128 * kMi);
}

TEST(PodShape, DefaultsARequestFromItsLimit) {
    const auto shape = shape_of(R"({"containers":[)" + container("", "96Mi") + "]}");
    EXPECT_EQ(shape.request.memory, 96 * kMi);
    EXPECT_TRUE(shape.memory_requested);
    EXPECT_EQ(shape.memory_limit, 96 * kMi);
}

TEST(PodShape, ARequestOfNothingIsNone) {
    EXPECT_FALSE(shape_of(R"({"containers":[)" + container("0") + "]}").memory_requested);
    EXPECT_FALSE(shape_of(R"({"containers":[]})").memory_requested);
    EXPECT_FALSE(shape_of(R"({"containers":[)" + container("1Mi") + "," + container("") + "]}").memory_requested);
}

TEST(PodShape, HoldsAbsurdAmountsInRange) {
    const auto shape = shape_of(R"({"containers":[)" + container("9Ei") + "," + container("9Ei") + "]}");
    EXPECT_EQ(shape.request.memory, std::int64_t{1} << 50);
}

TEST(PodShape, ReadsPlacement) {
    const auto shape = shape_of(R"({"nodeSelector":{"z":"1","a":"2"},"priority":7,"preemptionPolicy":"Never",
        "schedulerName":"mine","nodeName":"n1","containers":[],
        "tolerations":[{"key":"k","operator":"Equal","value":"v","effect":"NoSchedule"},{"operator":"Exists"}],
        "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
            {"matchExpressions":[{"key":"cpu","operator":"Gt","values":["3"]}],
             "matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}, {}]}}}})");
    EXPECT_EQ(shape.node_selector, (cluster::Labels{{"a", "2"}, {"z", "1"}}));
    EXPECT_EQ(shape.priority, 7);
    EXPECT_FALSE(shape.preempts);
    EXPECT_FALSE(shape.default_scheduler);
    EXPECT_EQ(shape.node_name, "n1");
    ASSERT_EQ(shape.affinity.size(), 2U);
    EXPECT_TRUE(shape.has_affinity);
    EXPECT_TRUE(shape.affinity[1].empty());
    ASSERT_EQ(shape.affinity[0].size(), 2U);
    EXPECT_TRUE(shape.affinity[0][1].on_name);
    ASSERT_EQ(shape.tolerations.size(), 2U) << "a toleration of everything covers what admission would add";
    EXPECT_TRUE(shape.tolerations[1].exists);
}

TEST(PodShape, HasTheTolerationsThatAdmissionAdds) {
    const auto shape = shape_of(R"({"containers":[]})");
    ASSERT_EQ(shape.tolerations.size(), 2U);
    EXPECT_EQ(shape.tolerations[0],
              (cluster::Toleration{"node.kubernetes.io/not-ready", true, "", cluster::TaintEffect::NoExecute}));
}

TEST(PodShape, KeepsTheHardSpreadOverHosts) {
    const auto shape = shape_of(R"({"containers":[],"topologySpreadConstraints":[
        {"maxSkew":2,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule",
         "labelSelector":{"matchLabels":{"app":"web"}},"nodeTaintsPolicy":"Honor","minDomains":3},
        {"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule",
         "labelSelector":{"matchLabels":{"app":"web"}}},
        {"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"ScheduleAnyway",
         "labelSelector":{"matchLabels":{"app":"web"}}}]})");
    ASSERT_EQ(shape.spreads.size(), 1U);
    EXPECT_EQ(shape.spreads[0].max_skew, 2);
    EXPECT_EQ(shape.spreads[0].min_domains, 3);
    EXPECT_TRUE(shape.spreads[0].honor_taints);
    EXPECT_TRUE(shape.spreads[0].honor_affinity);
    ASSERT_EQ(shape.spreads[0].pod_selector.size(), 1U);
    EXPECT_EQ(shape.spreads[0].pod_selector[0].values, std::vector<std::string>{"web"});
}

TEST(PodShape, LeavesOutASpreadItCannotHold) {
    const auto spreads = [](const std::string& rest) {
        return shape_of(
                   R"({"containers":[],"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"kubernetes.io/hostname",
            "whenUnsatisfiable":"DoNotSchedule")" +
                   rest + "}]}")
            .spreads.size();
    };
    EXPECT_EQ(spreads(R"(,"labelSelector":{})"), 1U) << "an empty selector counts every pod";
    EXPECT_EQ(spreads(""), 0U) << "no selector counts none";
    EXPECT_EQ(spreads(R"(,"labelSelector":{"matchLabels":{"pod-template-hash":"x"}})"), 0U);
    EXPECT_EQ(spreads(R"(,"labelSelector":{"matchLabels":{"app":"x"}},"matchLabelKeys":["pod-template-hash"])"), 0U);
    EXPECT_EQ(
        spreads(
            R"(,"labelSelector":{"matchExpressions":[{"key":"statefulset.kubernetes.io/pod-name","operator":"Exists"}]})"),
        0U);
}

TEST(PodShape, LosesTheLabelsThatChangePerRevision) {
    const auto shape = shape_of(R"({"containers":[]})", R"({"pod-template-hash":"1","controller-revision-hash":"2",
        "statefulset.kubernetes.io/pod-name":"x-0","tier":"db","app":"x"})");
    EXPECT_EQ(shape.labels, (cluster::Labels{{"app", "x"}, {"tier", "db"}}));
}

TEST(PodShape, AnUnknownPriorityClassMayBeTheHighest) {
    EXPECT_EQ(shape_of(R"({"containers":[],"priorityClassName":"mine"})").priority, 1'000'000'000);
    EXPECT_EQ(shape_of(R"({"containers":[],"priorityClassName":"mine","priority":5})").priority, 5);
    EXPECT_EQ(shape_of(R"({"containers":[],"priority":5,"priorityClassName":"mine"})").priority, 5);
    EXPECT_EQ(shape_of(R"({"containers":[],"priorityClassName":"system-node-critical"})").priority, 2'000'001'000);
}

TEST(PodShape, CountsAResizeUnderWay) {
    Decoder decoder;
    const auto pod = decoder.decode_pod(R"({"metadata":{"name":"p","namespace":"s"},
        "status":{"containerStatuses":[{"name":"c","allocatedResources":{"memory":"80Mi"},
                  "resources":{"requests":{"memory":"90Mi"}}}]},
        "spec":{"containers":[)" + container("10Mi") +
                                        R"(]}})");
    ASSERT_TRUE(pod.ok()) << pod.error().message;
    EXPECT_EQ(pod->shape->request.memory, 90 * kMi);
}

TEST(DecodePod, ReadsLifeAndOwner) {
    Decoder decoder;
    const auto pod = decoder.decode_pod(R"({"metadata":{"name":"p","namespace":"s","uid":"u",
        "deletionTimestamp":"2026-01-01T00:00:00Z","annotations":{"kubernetes.io/config.mirror":"x"},
        "labels":{"controller-revision-hash":"r1"},
        "ownerReferences":[{"kind":"Foo","name":"f","uid":"1"},{"kind":"DaemonSet","name":"d","uid":"2","controller":true}]},
        "spec":{"nodeName":"n1","tolerations":null},"status":{"phase":"Failed","conditions":null}})");
    ASSERT_TRUE(pod.ok()) << pod.error().message;
    EXPECT_TRUE(pod->terminating);
    EXPECT_TRUE(pod->mirror);
    EXPECT_EQ(pod->phase, cluster::PodPhase::Failed);
    EXPECT_EQ(pod->controller, (cluster::OwnerRef{"DaemonSet", "d", "2"}));
    EXPECT_EQ(pod->template_hash, "r1");
    EXPECT_EQ(pod->node, "n1");
    EXPECT_TRUE(pod->shape->node_name.empty()) << "where it was put is no wish of its template";
}

}  // namespace
}  // namespace helix::kube_objects
