#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "domain/cluster/objects.hpp"
#include "domain/trial/reports.hpp"
#include "domain/trial/trial.hpp"

namespace helix::kube_objects {

/// The kinds that a list or watch is decoded for.
enum class Kind {
    Node,
    Pod,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
    Namespace,
    TrendalTrial,
    PolicyReport,  ///< wgpolicyk8s.io: ClusterPolicyReport as well
    OpenReport,    ///< openreports.io: Report and ClusterReport
    Constraint,    ///< any kind of constraints.gatekeeper.sh
    GatekeeperConfig,
    VulnerabilityReport,
    ScanSettings,              ///< the Trivy operator's ConfigMap
    CustomResourceDefinition,  ///< by its metadata alone
    WatermarkPodAutoscaler,
};

/// The annotation with which every write of ours marks the object it touched: the cycle's id, # and the step's number.
inline constexpr const char* kCycleAnnotation = "helix.eose.ca/cycle";
/// A node's own floor, in percent.
inline constexpr const char* kFloorAnnotation = "helix.eose.ca/floor-pct";

struct Namespace {
    std::string name;
    friend bool operator==(const Namespace&, const Namespace&) = default;
};

/// The metadata of a CustomResourceDefinition.
struct CustomResource {
    std::string name;  ///< "policyreports.wgpolicyk8s.io"
    std::string uid;
    bool deleting = false;
    friend bool operator==(const CustomResource&, const CustomResource&) = default;
};

/// One metric between its watermarks, in thousandths of whatever it counts.
struct Watermark {
    std::string metric;
    std::int64_t low_milli = 0;
    std::int64_t high_milli = 0;
    std::optional<std::int64_t> current_milli;  ///< none: its status does not tell yet
    friend bool operator==(const Watermark&, const Watermark&) = default;
};

/// A WatermarkPodAutoscaler (datadoghq.com/v1alpha1).
struct WatermarkAutoscaler {
    std::string ns;
    std::string name;
    std::string target_kind;
    std::string target_name;
    std::vector<Watermark> watermarks;
    friend bool operator==(const WatermarkAutoscaler&, const WatermarkAutoscaler&) = default;
};

/// One decoded object of a list or watch.
using Object = std::variant<cluster::Node, cluster::Pod, cluster::Workload, Namespace, WatermarkAutoscaler,
                            trial::Trial, trial::PolicyReport, trial::Constraint, trial::AuditExemption,
                            trial::ScanSettings, trial::ImageReport, CustomResource>;

/// The end of one page of a list.
struct ListPage {
    std::string resource_version;
    std::string continue_token;  ///< empty: this was the last page
    std::size_t items = 0;
};

/// One line of a watch.
struct WatchEvent {
    enum class Type { Added, Modified, Deleted, Bookmark, Error };
    Type type = Type::Bookmark;
    std::string resource_version;  ///< of the object or bookmark; empty for an Error
    std::optional<Object> object;  ///< set for Added, Modified and Deleted
    int error_code = 0;            ///< of an Error: 410 means that the watch's version is too old
    std::string error_message;
};

/// Memory use of a node or of a pod's containers together.
struct UsageSample {
    std::string ns;  ///< empty for a node
    std::string name;
    cluster::Bytes bytes = 0;
    cluster::Micros at = 0;
};

/// What an object says of itself, whatever its kind; the rest by kind, as far as the gate asks for it.
struct Manifest {
    std::string api_version;
    std::string kind;
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    bool deleting = false;
    std::string cycle;                          ///< annotation helix.eose.ca/cycle
    std::optional<std::int64_t> replicas;       ///< spec.replicas
    bool unschedulable = false;                 ///< spec.unschedulable of a Node
    std::optional<cluster::Workload> workload;  ///< when the kind makes pods
    std::optional<cluster::Node> node;
    std::string scale_target_kind;  ///< a HorizontalPodAutoscaler's scaleTargetRef
    std::string scale_target_name;
    std::int64_t max_replicas = 0;  ///< a HorizontalPodAutoscaler's upper bound
};

/// One kind that an API group serves.
struct ApiResource {
    std::string name;  ///< plural: the path segment
    std::string kind;
    bool namespaced = false;
};

}  // namespace helix::kube_objects
