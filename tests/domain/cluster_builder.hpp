#pragma once

#include <memory>
#include <optional>
#include <string>

#include "domain/cluster/state.hpp"
#include "domain/gate/gate.hpp"

namespace helix::testing {

using namespace helix::cluster;  // NOLINT(google-build-using-namespace): test vocabulary

inline constexpr Bytes kMi = 1024 * 1024;
inline constexpr Bytes kGi = 1024 * kMi;
inline constexpr Micros kNow = 1'000'000'000;

inline std::shared_ptr<PodShape> shape_of(Bytes memory_request, std::string app = "app", std::int64_t cpu_milli = 100) {
    auto shape = std::make_shared<PodShape>();
    shape->request = {memory_request, cpu_milli, 1};
    shape->memory_requested = memory_request > 0;
    shape->labels = {{"app", std::move(app)}};
    return shape;
}

/// Builds small clusters in the words of a test: every pod belongs to a Deployment named by its app.
class ClusterBuilder {
public:
    ClusterBuilder& node(const std::string& name, Bytes memory, Bytes used, std::int64_t pods = 110,
                         std::int64_t cpu_milli = 64'000) {
        Node made;
        made.name = name;
        made.uid = "uid-" + name;
        made.ready = true;
        made.labels = {{"kubernetes.io/hostname", name}};
        made.allocatable = {memory, cpu_milli, pods};
        state.upsert(made);
        state.set_node_usage(name, {used, kNow - 1'000'000});
        return *this;
    }

    ClusterBuilder& deployment(const std::string& name, std::shared_ptr<PodShape> shape, std::int64_t desired,
                               Rollout rollout = Rollout::Rolling, WorkloadKind kind = WorkloadKind::Deployment) {
        Workload made;
        made.kind = kind;
        made.ns = "shop";
        made.name = name;
        made.uid = "uid-" + name;
        made.generation = made.observed_generation = 1;
        made.desired = made.updated = desired;
        made.rollout = rollout;
        made.template_digest = 1;
        made.shape = std::move(shape);
        state.upsert(made);
        return *this;
    }

    /// A pod of `app`, bound to `node` unless that is empty, whose use the metrics show unless `use` is 0.
    ClusterBuilder& pod(const std::string& app, const std::string& name, const std::string& node, Bytes use,
                        bool terminating = false) {
        const WorkloadId owner = find(app);
        Pod made;
        made.ns = "shop";
        made.name = name;
        made.uid = "uid-" + name;
        made.node = node;
        made.phase = node.empty() ? PodPhase::Pending : PodPhase::Running;
        made.terminating = terminating;
        const Workload& workload = state.workload(owner).workload;
        made.controller = OwnerRef{std::string(to_string(workload.kind)), app, workload.uid};
        made.shape = workload.shape;
        state.upsert(made);
        if (use > 0) state.set_pod_usage("shop", name, {use, kNow - 1'000'000});
        return *this;
    }

    [[nodiscard]] WorkloadId find(const std::string& app) const {
        for (const auto kind : {WorkloadKind::Deployment, WorkloadKind::StatefulSet, WorkloadKind::DaemonSet})
            if (const WorkloadId id = state.find_workload(kind, "shop", app); id != kNone) return id;
        return kNone;
    }

    State state;
};

inline gate::Settings settings() {
    gate::Settings made;
    made.now = kNow;
    return made;
}

inline gate::Request scale(const std::string& app, std::int64_t replicas, std::string reason = {}) {
    gate::Request request;
    request.action.verb = gate::Verb::Scale;
    request.action.object = {"apps/v1", "Deployment", "shop", app};
    request.action.replicas = replicas;
    request.action.reason = std::move(reason);
    return request;
}

inline gate::Request on(gate::Verb verb, const std::string& kind, const std::string& name, std::string reason = {}) {
    gate::Request request;
    request.action.verb = verb;
    request.action.object = {"", kind, kind == "Node" ? "" : "shop", name};
    request.action.reason = std::move(reason);
    return request;
}

}  // namespace helix::testing
