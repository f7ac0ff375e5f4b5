#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/cluster/objects.hpp"
#include "domain/trial/evidence.hpp"

namespace helix::trial {

/// A container of the subject's pod template.
struct TemplateContainer {
    std::string name;
    std::string image;     ///< as written
    bool init = false;     ///< an init container that is not a sidecar
    bool limited = false;  ///< memory and CPU limits are given

    friend bool operator==(const TemplateContainer&, const TemplateContainer&) = default;
};

/// A container of a pod that ran.
struct PodContainer {
    std::string name;
    std::string image_id;      ///< status imageID, "repository@sha256:..."
    std::string container_id;  ///< status containerID, "containerd://..."

    friend bool operator==(const PodContainer&, const PodContainer&) = default;
};

/// A pod of the subject, kept after it is gone: evidence about it still counts.
struct SubjectPod {
    std::string uid;
    std::string name;
    std::string node;
    bool current = false;  ///< of the current revision
    bool alive = false;
    Micros first_seen = 0;
    Micros last_seen = 0;
    std::vector<PodContainer> containers;

    friend bool operator==(const SubjectPod&, const SubjectPod&) = default;
};

/// A Deployment's ReplicaSet.
struct SubjectReplicaSet {
    std::string uid;
    std::string name;
    bool current = false;

    friend bool operator==(const SubjectReplicaSet&, const SubjectReplicaSet&) = default;
};

/// Who stands trial, resolved: the workload, its current revision, its pods over time.
struct Subject {
    std::string kind;  ///< "Deployment", "StatefulSet", "DaemonSet"
    std::string ns;
    std::string name;
    std::string uid;  ///< empty: not there
    std::int64_t generation = 0;
    cluster::Labels labels;
    cluster::Labels template_labels;
    cluster::Labels namespace_labels;
    std::vector<TemplateContainer> containers;
    std::vector<SubjectReplicaSet> replica_sets;
    std::vector<SubjectPod> pods;
    Micros revision_since = 0;  ///< when the current pod template came: its ReplicaSet's creation, else when it was
                                ///< first seen. Earlier evidence about the workload itself does not acquit it.

    friend bool operator==(const Subject&, const Subject&) = default;
};

/// Names of the containers, init containers included, without limits of memory and CPU.
std::vector<std::string> containers_without_limits(const Subject& subject);
/// Names of the containers whose image is not named by its digest.
std::vector<std::string> containers_without_digest(const Subject& subject);

/// The time that a trial looks at.
struct Window {
    Micros from = 0;
    Micros now = 0;
};

}  // namespace helix::trial
