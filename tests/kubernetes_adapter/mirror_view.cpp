#include "tests/kubernetes_adapter/mirror_view.hpp"

#include <nlohmann/json.hpp>

namespace helix::kubernetes {

using nlohmann::json;

std::set<std::string> mirrored(const ports::Target& target) {
    std::set<std::string> lines;
    target.read([&](const cluster::State& state) {
        for (cluster::PodId id = 0; id < state.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state.pod(id);
            if (!pod.live) continue;
            const std::string node = pod.node == cluster::kNone ? "" : state.node(pod.node).name;
            lines.insert("Pod " + state.namespace_name(pod.ns) + "/" + pod.name + " " + pod.uid + " " + node);
        }
        for (cluster::NodeId id = 0; id < state.rows().size(); ++id)
            if (state.rows()[id].live) lines.insert("Node " + state.node(id).name);
        for (cluster::WorkloadId id = 0; id < state.workload_slots(); ++id) {
            const auto& slot = state.workload(id);
            const cluster::Workload& one = slot.workload;
            if (!slot.known || one.kind != cluster::WorkloadKind::Deployment) continue;
            lines.insert("Deployment " + one.ns + "/" + one.name + " " + one.uid + " " + std::to_string(one.desired));
        }
    });
    return lines;
}

std::set<std::string> served(const test_support::TestCluster& cluster) {
    const auto answer = cluster.kubectl({"get", "pods,nodes,deployments", "-A", "-o", "json"});
    const json list = json::parse(answer.output);
    std::set<std::string> lines;
    for (const json& item : list.at("items")) {
        const json& metadata = item.at("metadata");
        const json spec = item.value("spec", json::object());
        const std::string kind = item.at("kind");
        const std::string name = metadata.value("namespace", "") + "/" + metadata.at("name").get<std::string>();
        const std::string named = kind + " " + name + " " + metadata.at("uid").get<std::string>() + " ";
        if (kind == "Node") lines.insert("Node" + (" " + name.substr(1)));
        if (kind == "Pod") lines.insert(named + spec.value("nodeName", ""));
        if (kind == "Deployment") lines.insert(named + std::to_string(spec.value("replicas", 1)));
    }
    return lines;
}

}  // namespace helix::kubernetes
