#include "tests/scheduler/api_view.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace helix::scheduler_test {
namespace {

using nlohmann::json;

/// Bytes of a quantity in the forms that KWOK's annotations and metrics-server use.
std::int64_t bytes_of(const std::string& quantity) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(quantity.data(), quantity.data() + quantity.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(quantity.data() + quantity.size() - end));
    if (problem == std::errc{} && unit.empty()) return number;
    if (problem == std::errc{} && unit == "Ki") return number * 1024;
    if (problem == std::errc{} && unit == "Mi") return number * kMi;
    if (problem == std::errc{} && unit == "Gi") return number * 1024 * kMi;
    throw std::runtime_error("no amount of memory that this test knows: " + quantity);
}

json::array_t items(const test_support::TestCluster& cluster, const std::string& path) {
    const auto answer = cluster.kubectl({"get", "--raw", path});
    json parsed = json::parse(answer.output, nullptr, false);
    if (parsed.is_discarded()) throw std::runtime_error("no JSON from " + path + ": " + answer.output);
    return parsed.at("items").get<json::array_t>();
}

ServedPod pod_of(const json& item) {
    const json& meta = item.at("metadata");
    const json& status = item.at("status");
    ServedPod pod;
    pod.name = meta.at("name");
    pod.app = meta.at("labels").value("app", "");
    pod.probe = meta.at("labels").contains("probe");
    pod.node = item.at("spec").value("nodeName", "");
    pod.usage = bytes_of(meta.at("annotations").at("kwok.x-k8s.io/usage-memory"));
    pod.running = status.value("phase", "") == "Running";
    pod.terminating = meta.contains("deletionTimestamp");
    for (const json& condition : status.value("conditions", json::array()))
        if (condition.at("type") == "PodScheduled" && condition.value("reason", "") == "Unschedulable")
            pod.unschedulable = true;
    return pod;
}

ServedDeployment deployment_of(const json& item) {
    const json& status = item.at("status");
    ServedDeployment deployment;
    deployment.replicas = item.at("spec").at("replicas");
    deployment.observed = status.value("observedGeneration", 0) == item.at("metadata").at("generation");
    deployment.updated = status.value("updatedReplicas", 0);
    deployment.restarted_at = item.at("spec")
                                  .at("template")
                                  .at("metadata")
                                  .value("annotations", json::object())
                                  .value("kubectl.kubernetes.io/restartedAt", "");
    return deployment;
}

}  // namespace

ApiView ApiView::read(const test_support::TestCluster& cluster) {
    const std::string ns = std::string("/namespaces/") + kNamespace;
    ApiView view;
    // The figures first: whatever they show, the pods read later show as well, or its end.
    for (const json& item : items(cluster, "/apis/metrics.k8s.io/v1beta1/nodes"))
        view.nodes[item.at("metadata").at("name")].measured = bytes_of(item.at("usage").at("memory"));
    for (const json& item : items(cluster, "/apis/apps/v1" + ns + "/deployments"))
        view.deployments[item.at("metadata").at("name")] = deployment_of(item);
    for (const json& item : items(cluster, "/api/v1" + ns + "/pods")) view.pods.push_back(pod_of(item));
    for (const json& item : items(cluster, "/api/v1/nodes")) {
        ServedNode& node = view.nodes[item.at("metadata").at("name")];
        node.unschedulable = item.at("spec").value("unschedulable", false);
        for (const json& condition : item.at("status").value("conditions", json::array()))
            node.ready = node.ready || (condition.at("type") == "Ready" && condition.at("status") == "True");
    }
    return view;
}

std::int64_t ApiView::summed(const std::string& node) const {
    std::int64_t sum = kMi;
    for (const ServedPod& pod : pods)
        if (pod.node == node) sum += pod.usage;
    return sum;
}

std::string ApiView::unsettled(const SmallCluster& one) const {
    for (const SmallDeployment& deployment : one.deployments) {
        const auto served = deployments.find(deployment.name);
        if (served == deployments.end() || !served->second.observed) return deployment.name + " is not observed";
        int count = 0;
        bool waits = false;
        for (const ServedPod& pod : pods) {
            if (pod.app != deployment.name) continue;
            if (pod.terminating || pod.probe) return pod.name + " is not gone";
            if (!pod.running && !pod.unschedulable) return pod.name + " is neither running nor refused";
            waits = waits || !pod.running;
            ++count;
        }
        const bool complete = count == served->second.replicas && served->second.updated == count;
        const bool stuck = waits && count >= served->second.replicas;
        if (!complete && !stuck) return deployment.name + " has " + std::to_string(count) + " pods";
    }
    for (const SmallNode& node : one.nodes) {
        const auto served = nodes.find(node.name);
        if (served == nodes.end() || !served->second.ready) return node.name + " is not ready";
        if (served->second.measured != summed(node.name))
            return node.name + " is measured otherwise than its pods' sum " + std::to_string(summed(node.name)) + ": " +
                   std::to_string(served->second.measured);
    }
    return {};
}

}  // namespace helix::scheduler_test
