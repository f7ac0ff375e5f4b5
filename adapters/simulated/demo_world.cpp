#include "adapters/simulated/demo_world.hpp"

#include <array>

namespace helix::simulated {
namespace {

struct DemoNode {
    const char* name;
    const char* pool;
    const char* system_use;
    const char* taint;  ///< value of the key "dedicated"; null: none
};

constexpr std::array kNodes = {
    DemoNode{"demo-node-1", "general", "1200Mi", nullptr}, DemoNode{"demo-node-2", "general", "900Mi", nullptr},
    DemoNode{"demo-node-3", "general", "8Gi", nullptr},    DemoNode{"demo-node-4", "general", "1500Mi", nullptr},
    DemoNode{"demo-node-5", "agents", "1Gi", "agents"},
};

struct DemoWorkload {
    const char* kind;
    const char* ns;
    const char* name;
    int replicas;
    const char* memory;
    const char* cpu;
    bool everywhere = false;  ///< bears every taint
    bool agents = false;      ///< in the agents' pool alone
};

constexpr std::array kWorkloads = {
    DemoWorkload{"Deployment", "shop", "cart", 4, "512Mi", "200m"},
    DemoWorkload{"Deployment", "shop", "catalog", 4, "512Mi", "200m"},
    DemoWorkload{"Deployment", "shop", "checkout", 3, "768Mi", "250m"},
    DemoWorkload{"Deployment", "shop", "payments", 2, "1Gi", "300m"},
    DemoWorkload{"Deployment", "shop", "web", 6, "256Mi", "100m"},
    DemoWorkload{"StatefulSet", "shop", "orders-db", 2, "1536Mi", "500m"},
    DemoWorkload{"Deployment", "agents", "planner", 3, "1Gi", "300m"},
    DemoWorkload{"Deployment", "agents", "worker", 6, "512Mi", "200m"},
    DemoWorkload{"Deployment", "agents", "indexer", 2, "2Gi", "500m", false, true},
    DemoWorkload{"Deployment", "kube-system", "coredns", 2, "128Mi", "100m"},
    DemoWorkload{"Deployment", "kube-system", "metrics-server", 1, "200Mi", "100m"},
    DemoWorkload{"DaemonSet", "kube-system", "kube-proxy", 0, "64Mi", "50m", true},
};

Json node_manifest(const DemoNode& node) {
    Json manifest{{"apiVersion", "v1"}, {"kind", "Node"}};
    manifest["metadata"] = {{"name", node.name},
                            {"labels",
                             {{"kubernetes.io/hostname", node.name},
                              {"kubernetes.io/os", "linux"},
                              {"kubernetes.io/arch", "amd64"},
                              {"pool", node.pool}}},
                            {"annotations", {{kSystemUseAnnotation, node.system_use}}}};
    manifest["spec"] = Json::object();
    if (node.taint != nullptr)
        manifest["spec"]["taints"] =
            Json::array({{{"key", "dedicated"}, {"value", node.taint}, {"effect", "NoSchedule"}}});
    manifest["status"] = {{"allocatable", {{"memory", "16Gi"}, {"cpu", "8"}, {"pods", "110"}}},
                          {"conditions", Json::array({{{"type", "Ready"}, {"status", "True"}}})}};
    return manifest;
}

Json pod_template_of(const DemoWorkload& workload) {
    Json container{{"name", workload.name}, {"image", std::string("registry.example/") + workload.name + ":1.0.0"}};
    container["resources"]["requests"] = {{"memory", workload.memory}, {"cpu", workload.cpu}};
    Json spec{{"containers", Json::array({std::move(container)})}};
    if (workload.everywhere) spec["tolerations"] = Json::array({{{"operator", "Exists"}}});
    if (workload.agents) {
        spec["nodeSelector"] = {{"pool", "agents"}};
        spec["tolerations"] = Json::array({{{"key", "dedicated"}, {"operator", "Equal"}, {"value", "agents"}}});
    }
    return Json{{"metadata", {{"labels", {{"app", workload.name}}}}}, {"spec", std::move(spec)}};
}

Json workload_manifest(const DemoWorkload& workload) {
    Json manifest{{"apiVersion", "apps/v1"}, {"kind", workload.kind}};
    manifest["metadata"] = {{"name", workload.name},
                            {"namespace", workload.ns},
                            {"labels", {{"app", workload.name}}},
                            {"annotations", {{kMemoryAnnotation, "start=70,low=60,peak=80,step=2"}}}};
    manifest["spec"] = {{"selector", {{"matchLabels", {{"app", workload.name}}}}},
                        {"template", pod_template_of(workload)}};
    if (workload.replicas > 0) manifest["spec"]["replicas"] = workload.replicas;
    return manifest;
}

}  // namespace

void demo_world(World& world) {
    // All of it is constant and read by the tests: a refusal would be our own mistake, seen there.
    for (const char* name : {"agents", "default", "kube-system", "shop"}) {
        Json ns{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}};
        (void)world.put(Key{"Namespace", "", name}, std::move(ns));
    }
    for (const DemoNode& node : kNodes) (void)world.put(Key{"Node", "", node.name}, node_manifest(node));
    for (const DemoWorkload& workload : kWorkloads) {
        (void)world.put(Key{workload.kind, workload.ns, workload.name}, workload_manifest(workload));
        world.settle();
    }
    Json budget{{"apiVersion", "policy/v1"}, {"kind", "PodDisruptionBudget"}};
    budget["metadata"] = {{"name", "orders-db"}, {"namespace", "shop"}};
    budget["spec"] = {{"maxUnavailable", 1}, {"selector", {{"matchLabels", {{"app", "orders-db"}}}}}};
    (void)world.put(Key{"PodDisruptionBudget", "shop", "orders-db"}, std::move(budget));
}

}  // namespace helix::simulated
