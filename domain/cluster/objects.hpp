#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/cluster/pod_shape.hpp"

namespace helix::cluster {

/// A node as the API server describes it.
struct Node {
    std::string name;
    std::string uid;
    Labels labels;
    std::vector<Taint> taints;
    bool unschedulable = false;
    bool ready = false;
    Amounts allocatable;
    std::optional<std::string> floor_pct;  ///< annotation helix.eose.ca/floor-pct, as written

    friend bool operator==(const Node&, const Node&) = default;
};

enum class WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
    Pod,
    Container,  ///< of a Docker host, or its share of one GPU (its `ns` is the GPU's unit then)
    Other
};

/// "Deployment", "StatefulSet", ...; Other is "Other".
std::string_view to_string(WorkloadKind kind);
WorkloadKind workload_kind(std::string_view kind);

struct OwnerRef {
    std::string kind;
    std::string name;
    std::string uid;
    friend bool operator==(const OwnerRef&, const OwnerRef&) = default;
};

enum class PodPhase : std::uint8_t { Pending, Running, Succeeded, Failed, Unknown };

struct Pod {
    std::string ns;
    std::string name;
    std::string uid;
    std::string node;  ///< empty: not yet bound
    std::optional<OwnerRef> controller;
    PodPhase phase = PodPhase::Pending;
    bool terminating = false;  ///< has a deletionTimestamp
    bool ready = false;
    bool mirror = false;        ///< a static pod's mirror: no API call removes it
    std::string template_hash;  ///< label pod-template-hash or controller-revision-hash
    std::shared_ptr<const PodShape> shape;

    friend bool operator==(const Pod&, const Pod&) = default;
};

/// How the controller replaces old pods by new ones.
enum class Rollout {
    Rolling,    ///< old and new may exist together
    OldFirst,   ///< Recreate: no new pod while an old one is left
    OneForOne,  ///< StatefulSet, DaemonSet without surge: a new pod needs its old one gone
    OnDelete,   ///< a new template reaches a pod only when somebody deletes the old one
};

/// Something that makes pods.
struct Workload {
    WorkloadKind kind = WorkloadKind::Other;
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;
    std::optional<OwnerRef> controller;
    std::int64_t generation = 0;
    std::int64_t observed_generation = 0;
    std::int64_t desired = 0;  ///< replicas, or parallelism; unused for a DaemonSet
    std::int64_t updated = 0;  ///< status.updatedReplicas
    bool paused = false;       ///< a paused Deployment or suspended Job makes no pods of a new template
    bool deleting = false;
    Rollout rollout = Rollout::Rolling;
    Micros created_at = 0;              ///< metadata.creationTimestamp
    std::int64_t revision = 0;          ///< annotation deployment.kubernetes.io/revision; 0: none
    std::int64_t partition = 0;         ///< StatefulSet: ordinals below it keep the old template
    std::uint64_t template_digest = 0;  ///< of the pod template's bytes: equal when the template is unchanged
    std::shared_ptr<const PodShape> shape;

    friend bool operator==(const Workload&, const Workload&) = default;
};

}  // namespace helix::cluster
