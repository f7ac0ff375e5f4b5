#include "tests/scheduler/small_cluster.hpp"

#include <algorithm>

namespace helix::scheduler_test {
namespace {

using nlohmann::json;

constexpr std::int64_t kGamma1Share = 14'134'725'141'734'693;  // of 10^17
constexpr std::int64_t kOnePercent = 1'000'000'000'000'000;
constexpr std::int64_t kAll = 100 * kOnePercent;

std::string mebibytes(std::int64_t bytes) {
    return std::to_string(bytes / kMi) + "Mi";
}

SmallDeployment draw_deployment(const std::string& name, std::int64_t smallest_node, Dice& dice) {
    SmallDeployment drawn;
    drawn.name = name;
    drawn.request = dice.pick(100, 900) * kMi;
    drawn.cpu_milli = dice.one_in(5) ? 900 : 10;  // sometimes the processors are what limits
    drawn.usage = drawn.request;
    drawn.spread = dice.one_in(6);
    drawn.recreate = dice.one_in(5);
    if (dice.one_in(4)) {  // uses more than it asks for: only its running pods tell
        drawn.request = std::max<std::int64_t>(1, smallest_node / kMi * dice.pick(5, 20) / 100) * kMi;
        drawn.usage = drawn.request / kMi * 14 / 10 * kMi;
        drawn.replicas = drawn.replicas_min = 1;
    }
    return drawn;
}

template <class Things>
const typename Things::value_type* find(const Things& things, const std::string& name) {
    const auto found = std::find_if(things.begin(), things.end(), [&](const auto& one) { return one.name == name; });
    return found == things.end() ? nullptr : &*found;
}

}  // namespace

bool SmallNode::keeps_floor(std::int64_t used) const {
    const std::int64_t share = floor_pct ? *floor_pct * kOnePercent : kGamma1Share;
    return static_cast<Int128>(memory - used) * kAll >= static_cast<Int128>(share) * memory;
}

const SmallNode* SmallCluster::node(const std::string& name) const {
    return find(nodes, name);
}

const SmallDeployment* SmallCluster::deployment(const std::string& name) const {
    return find(deployments, name);
}

json SmallCluster::node_manifest(const SmallNode& node) const {
    const std::string id = std::to_string(number);
    const json room = {{"memory", mebibytes(node.memory)}, {"cpu", "4"}, {"pods", std::to_string(node.pods)}};
    json annotations = {{"kwok.x-k8s.io/node", "fake"},
                        {"metrics.k8s.io/resource-metrics-path", "/metrics/nodes/" + node.name + "/metrics/resource"}};
    if (node.floor_pct) annotations["helix.eose.ca/floor-pct"] = std::to_string(*node.floor_pct);
    return {{"apiVersion", "v1"},
            {"kind", "Node"},
            {"metadata",
             {{"name", node.name},
              {"annotations", annotations},
              {"labels", {{"kubernetes.io/hostname", node.name}, {"kubernetes.io/os", "linux"}, {"case", id}}}}},
            {"spec", {{"taints", json::array({{{"key", "case"}, {"value", id}, {"effect", "NoSchedule"}}})}}},
            {"status", {{"capacity", room}, {"allocatable", room}}}};
}

json SmallCluster::pod_template(const SmallDeployment& deployment) const {
    const std::string id = std::to_string(number);
    const json labels = {{"app", deployment.name}};
    json spec = {{"automountServiceAccountToken", false},
                 {"nodeSelector", {{"case", id}}},
                 {"tolerations", json::array({{{"key", "case"}, {"value", id}, {"effect", "NoSchedule"}}})},
                 {"containers", json::array({{{"name", "main"},
                                              {"image", "example.invalid/case:1"},
                                              {"resources",
                                               {{"requests",
                                                 {{"memory", mebibytes(deployment.request)},
                                                  {"cpu", std::to_string(deployment.cpu_milli) + "m"}}}}}}})}};
    if (deployment.spread)
        spec["topologySpreadConstraints"] = json::array({{{"maxSkew", 1},
                                                          {"topologyKey", "kubernetes.io/hostname"},
                                                          {"whenUnsatisfiable", "DoNotSchedule"},
                                                          {"labelSelector", {{"matchLabels", labels}}}}});
    const json annotations = {{"kwok.x-k8s.io/usage-memory", mebibytes(deployment.usage)},
                              {"kwok.x-k8s.io/usage-cpu", "1m"}};
    return {{"metadata", {{"labels", labels}, {"annotations", annotations}}}, {"spec", spec}};
}

json SmallCluster::deployment_manifest(const SmallDeployment& deployment) const {
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"metadata", {{"name", deployment.name}, {"namespace", kNamespace}}},
            {"spec",
             {{"replicas", deployment.replicas},
              {"strategy", {{"type", deployment.recreate ? "Recreate" : "RollingUpdate"}}},
              {"selector", {{"matchLabels", {{"app", deployment.name}}}}},
              {"template", pod_template(deployment)}}}};
}

json SmallCluster::probe_manifest(const SmallDeployment& deployment, const std::string& node,
                                  const std::string& name) const {
    json pod = pod_template(deployment);
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    pod["metadata"]["name"] = name;
    pod["metadata"]["namespace"] = kNamespace;
    pod["metadata"]["labels"]["probe"] = "yes";
    pod["metadata"]["annotations"]["kwok.x-k8s.io/usage-memory"] = "1Mi";
    const json only = {{"key", "metadata.name"}, {"operator", "In"}, {"values", json::array({node})}};
    pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
       ["matchFields"][0] = only;
    // What an uncordon would make possible is asked of the node while it is cordoned.
    pod["spec"]["tolerations"].push_back({{"key", "node.kubernetes.io/unschedulable"}, {"operator", "Exists"}});
    return pod;
}

SmallCluster draw_cluster(int number, Dice& dice) {
    SmallCluster drawn;
    drawn.number = number;
    const std::string prefix = "case-" + std::to_string(number) + "-";
    std::int64_t smallest = 0;
    for (int i = dice.pick(2, 3); i > 0; --i) {
        SmallNode node{prefix + "n" + std::to_string(i), dice.pick(1000, 4000) * kMi};
        if (dice.one_in(6)) node.pods = dice.pick(2, 5);
        if (dice.one_in(5)) node.floor_pct = dice.pick(15, 40);
        smallest = smallest == 0 ? node.memory : std::min(smallest, node.memory);
        drawn.nodes.push_back(std::move(node));
    }
    for (const char* name : {"a", "b"}) drawn.deployments.push_back(draw_deployment(prefix + name, smallest, dice));
    return drawn;
}

}  // namespace helix::scheduler_test
