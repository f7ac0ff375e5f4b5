#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/simulated/simulated_target.hpp"

namespace helix::simulated::test {

inline constexpr Bytes kMi = 1024 * 1024;

/// A Deployment (or StatefulSet, ...) of one container. `extra` is merged into its spec.
inline Json workload(const std::string& kind, const std::string& name, int replicas, const std::string& memory,
                     const Json& extra = Json::object()) {
    Json made{{"apiVersion", "apps/v1"}, {"kind", kind}};
    made["metadata"] = {{"name", name}, {"namespace", "shop"}};
    Json container{{"name", "main"}, {"image", name + ":1"}};
    container["resources"]["requests"] = {{"memory", memory}, {"cpu", "10m"}};
    made["spec"] = {
        {"selector", {{"matchLabels", {{"app", name}}}}},
        {"template",
         {{"metadata", {{"labels", {{"app", name}}}}}, {"spec", {{"containers", Json::array({container})}}}}}};
    if (kind != "DaemonSet") made["spec"]["replicas"] = replicas;
    made["spec"].merge_patch(extra);
    return made;
}

inline Json node(const std::string& name, const std::string& memory, const Json& spec = Json::object()) {
    Json made{{"apiVersion", "v1"}, {"kind", "Node"}, {"spec", spec}};
    made["metadata"] = {{"name", name}, {"labels", {{"kubernetes.io/hostname", name}}}};
    made["status"] = {{"allocatable", {{"memory", memory}, {"cpu", "8"}, {"pods", "110"}}},
                      {"conditions", Json::array({{{"type", "Ready"}, {"status", "True"}}})}};
    return made;
}

inline gate::Action action(gate::Verb verb, const std::string& kind, const std::string& name) {
    gate::Action made;
    made.verb = verb;
    const bool cluster_wide = kind == "Node" || kind == "Namespace";
    made.object = {"", kind, cluster_wide ? "" : "shop", name};
    return made;
}

inline gate::Action scale(const std::string& kind, const std::string& name, std::int64_t replicas) {
    gate::Action made = action(gate::Verb::Scale, kind, name);
    made.replicas = replicas;
    return made;
}

inline gate::Action apply(const Json& manifest) {
    gate::Action made = action(gate::Verb::Apply, manifest.at("kind"), manifest.at("metadata").at("name"));
    made.body = manifest.dump();
    return made;
}

/// A simulated cluster under virtual time: `nodes` nodes of 8 GiB and the namespace "shop".
struct Cluster {
    explicit Cluster(SimOptions options = {}, int nodes = 3) {
        options.clock = &clock;
        options.demo = false;
        target = make_simulated_target("sim", options);
        target->with_world([&](World& world) {
            store(world, Json{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shop"}}}});
            for (int i = 1; i <= nodes; ++i) store(world, node("n" + std::to_string(i), "8Gi"));
        });
    }

    static void store(World& world, const Json& manifest) { ASSERT_TRUE(world.create(manifest.dump()).ok()); }

    void add(const Json& manifest) {
        target->with_world([&](World& world) { store(world, manifest); });
    }
    ports::WriteResult write(const gate::Action& what) { return target->write(what, {"cycle-1", "tester"}); }
    void run(std::int64_t seconds) { clock.advance(seconds * kSecond); }

    /// Pods whose name begins with `prefix`, as the world has them.
    std::vector<PodTruth> pods(const std::string& prefix = "") {
        std::vector<PodTruth> found;
        target->with_world([&](World& world) {
            for (const Object* pod : world.all("Pod"))
                if (pod->key.name.starts_with(prefix)) found.push_back(*pod->pod);
        });
        return found;
    }
    std::int64_t running(const std::string& prefix = "") {
        std::int64_t count = 0;
        for (const PodTruth& pod : pods(prefix))
            if (pod.seen.ready && !pod.seen.terminating) ++count;
        return count;
    }

    SimClock clock;
    std::unique_ptr<SimulatedTarget> target;
};

/// Every object of mirror and world alike; says the first difference.
inline std::string difference(const SimulatedTarget& target) {
    std::string found;
    std::size_t nodes = 0;
    std::size_t pods = 0;
    std::size_t workloads = 0;
    target.compare([&](const World& world, const cluster::State& mirror) {
        for (const auto& [key, object] : world.objects()) {
            const std::string who = key.kind + " " + key.ns + "/" + key.name;
            if (object.node) {
                ++nodes;
                const auto id = mirror.find_node(key.name);
                if (id == cluster::kNone || !(mirror.node(id) == *object.node)) found = who;
            } else if (object.pod) {
                ++pods;
                const auto id = mirror.find_pod(key.ns, key.name);
                if (id == cluster::kNone) {
                    found = who;
                    continue;
                }
                const auto& slot = mirror.pod(id);
                const cluster::Pod& seen = object.pod->seen;
                const bool same = slot.uid == seen.uid && slot.phase == seen.phase && slot.ready == seen.ready &&
                                  slot.terminating == seen.terminating && slot.bound == !seen.node.empty() &&
                                  *slot.shape == *seen.shape &&
                                  (seen.node.empty() || slot.node == mirror.find_node(seen.node));
                if (!same) found = who;
            } else if (object.workload) {
                ++workloads;
                const auto id = mirror.find_workload(object.workload->seen.kind, key.ns, key.name);
                if (id == cluster::kNone || !(mirror.workload(id).workload == object.workload->seen)) found = who;
            }
        }
        if (mirror.node_count() != nodes) found = "number of nodes";
        if (mirror.pod_count() != pods) found = "number of pods";
        std::size_t known = 0;
        for (std::size_t id = 0; id < mirror.workload_slots(); ++id)
            if (mirror.workload(static_cast<cluster::WorkloadId>(id)).known) ++known;
        if (known != workloads) found = "number of workloads";
    });
    return found;
}

}  // namespace helix::simulated::test
