#pragma once

#include <string>
#include <vector>

#include "adapters/kube_objects/json_reader.hpp"
#include "adapters/kube_objects/objects.hpp"

/// One function per kind, each reading one JSON object into one struct. They throw Malformed or simdjson_error;
/// Decoder is the only caller.
namespace helix::kube_objects {

/// What ObjectMeta tells us.
struct Metadata {
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    bool deleting = false;
    bool mirror = false;               ///< annotation kubernetes.io/config.mirror
    std::optional<std::string> floor;  ///< annotation helix.eose.ca/floor-pct
    std::string cycle;                 ///< annotation helix.eose.ca/cycle
    cluster::Micros created_at = 0;    ///< creationTimestamp; 0: it does not say
    std::int64_t rollout = 0;          ///< annotation deployment.kubernetes.io/revision
    std::string revision;              ///< label pod-template-hash or controller-revision-hash
    cluster::Labels labels;            ///< sorted
    std::optional<cluster::OwnerRef> controller;
};

Metadata read_metadata(Value& value);

/// An object of strings, sorted by key.
cluster::Labels read_labels(Value& value);

/// Appends what a label selector asks for.
void read_label_selector(Value& value, cluster::SelectorTerm& selector);

/// Whether controllers or admission set this label anew for each revision, pod or node.
bool is_volatile_label(std::string_view key);

/// `labels` without the volatile ones.
cluster::Labels lasting_labels(cluster::Labels labels);

/// A pod's spec in the making: some figures are known only when all of the pod was read.
struct PodSpec {
    struct Container {
        std::string name;
        bool init = false;
        bool sidecar = false;  ///< an init container that is restarted: it runs beside the others
        std::optional<std::int64_t> memory_request;
        std::optional<std::int64_t> memory_limit;
        std::optional<std::int64_t> cpu_request;
        std::optional<std::int64_t> cpu_limit;
    };
    std::vector<Container> containers;
    Container whole;  ///< pod-level resources
    cluster::Amounts overhead{};
    std::string node_name;
    bool host_network = false;
    bool priority_given = false;
    cluster::PodShape shape;  ///< all but the amounts
};

PodSpec read_pod_spec(Value& value);
PodSpec read_pod_spec(simdjson::ondemand::object& object);

/// The shape that `spec` and the pod's `labels` amount to.
cluster::PodShape finish_shape(PodSpec&& spec, cluster::Labels labels);

/// A pod template: its shape, and the digest of its text.
struct PodTemplate {
    cluster::PodShape shape;
    std::uint64_t digest = 0;
    bool host_network = false;
};

PodTemplate read_pod_template(Value& value);

/// What the DaemonSet controller adds to its pods.
void add_daemon_tolerations(cluster::PodShape& shape, bool host_network);

/// An object and what the watch needs to know beside it.
template <class T>
struct Read {
    T object;
    Metadata metadata;
};

Read<cluster::Node> read_node(Value& value);
Read<cluster::Pod> read_pod(Value& value);
Read<cluster::Workload> read_workload(cluster::WorkloadKind kind, Value& value);
Read<Namespace> read_namespace(Value& value);
Read<CustomResource> read_custom_resource(Value& value);
Read<WatermarkAutoscaler> read_watermark_autoscaler(Value& value);
UsageSample read_usage(Value& value);

/// Fills the HorizontalPodAutoscaler part of `manifest`.
void read_horizontal_autoscaler_spec(Value& value, Manifest& manifest);

std::vector<ApiResource> read_api_resources(Value& resources);
std::vector<std::string> read_api_groups(Value& groups);

}  // namespace helix::kube_objects
