#include <algorithm>
#include <charconv>

#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using cluster::Node;
using cluster::Pod;
using cluster::PodPhase;

/// A Deployment's count of its pod templates; 0 when it is no number.
std::int64_t revision_of(std::string_view text) {
    std::int64_t revision = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), revision);
    return problem == std::errc{} && end == text.data() + text.size() ? revision : 0;
}

void read_annotations(Value& value, Metadata& metadata) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == kFloorAnnotation) metadata.floor = text_of(field);
        if (key == kCycleAnnotation) metadata.cycle = text_of(field);
        if (key == "kubernetes.io/config.mirror") metadata.mirror = true;
        if (key == "deployment.kubernetes.io/revision") metadata.rollout = revision_of(view_of(field));
    });
}

void read_owners(Value& value, Metadata& metadata) {
    each_item(value, [&](Value& one) {
        cluster::OwnerRef owner;
        bool controls = false;
        each_field(one, [&](std::string_view key, Value& field) {
            if (key == "kind") owner.kind = text_of(field);
            if (key == "name") owner.name = text_of(field);
            if (key == "uid") owner.uid = text_of(field);
            if (key == "controller") controls = truth_of(field);
        });
        if (controls) metadata.controller = std::move(owner);
    });
}

/// Whether the list of conditions has `type` with status True.
bool condition_holds(Value& conditions, std::string_view type) {
    bool holds = false;
    each_item(conditions, [&](Value& one) {
        bool named = false;
        bool truth = false;
        each_field(one, [&](std::string_view key, Value& field) {
            if (key == "type") named = view_of(field) == type;
            if (key == "status") truth = view_of(field) == "True";
        });
        holds = holds || (named && truth);
    });
    return holds;
}

/// A taint with an effect unknown to us is left out: it would only make the set of nodes smaller.
void read_taint(Value& value, Node& node) {
    cluster::Taint taint;
    bool known = false;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "key") taint.key = text_of(field);
        if (key == "value") taint.value = text_of(field);
        if (key != "effect") return;
        const std::string_view effect = view_of(field);
        known = true;
        if (effect == "NoSchedule") {
            taint.effect = cluster::TaintEffect::NoSchedule;
        } else if (effect == "NoExecute") {
            taint.effect = cluster::TaintEffect::NoExecute;
        } else if (effect == "PreferNoSchedule") {
            taint.effect = cluster::TaintEffect::PreferNoSchedule;
        } else {
            known = false;
        }
    });
    if (known) node.taints.push_back(std::move(taint));
}

void read_node_status(Value& value, Node& node) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "conditions") node.ready = condition_holds(field, "Ready");
        if (key != "allocatable") return;
        each_field(field, [&](std::string_view resource, Value& amount) {
            if (resource == "memory") node.allocatable.memory = quantity_of(amount);
            if (resource == "cpu") node.allocatable.cpu_milli = milli_quantity_of(amount);
            if (resource == "pods") node.allocatable.pods = quantity_of(amount);
        });
    });
}

PodPhase phase_of(std::string_view text) {
    if (text == "Running") return PodPhase::Running;
    if (text == "Succeeded") return PodPhase::Succeeded;
    if (text == "Failed") return PodPhase::Failed;
    if (text == "Unknown") return PodPhase::Unknown;
    return PodPhase::Pending;
}

/// A container's requests as its kubelet has granted them: a resize in place shows there.
struct Granted {
    std::string name;
    std::int64_t memory = 0;
    std::int64_t cpu_milli = 0;
};

void read_granted_amounts(Value& value, Granted& granted) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "memory") granted.memory = std::max(granted.memory, quantity_of(field));
        if (key == "cpu") granted.cpu_milli = std::max(granted.cpu_milli, milli_quantity_of(field));
    });
}

void read_container_statuses(Value& value, std::vector<Granted>& granted) {
    each_item(value, [&](Value& one) {
        Granted container;
        each_field(one, [&](std::string_view key, Value& field) {
            if (key == "name") container.name = text_of(field);
            if (key == "allocatedResources") read_granted_amounts(field, container);
            if (key == "resources")
                each_field(field, [&](std::string_view part, Value& amounts) {
                    if (part == "requests") read_granted_amounts(amounts, container);
                });
        });
        if (container.memory > 0 || container.cpu_milli > 0) granted.push_back(std::move(container));
    });
}

void read_pod_status(Value& value, Pod& pod, std::vector<Granted>& granted) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "phase") pod.phase = phase_of(view_of(field));
        if (key == "conditions") pod.ready = condition_holds(field, "Ready");
        if (key == "containerStatuses" || key == "initContainerStatuses") read_container_statuses(field, granted);
    });
}

/// While a resize is under way the scheduler counts the larger of what is asked for and what is granted.
void apply_granted(const std::vector<Granted>& granted, PodSpec& spec) {
    for (const Granted& one : granted)
        for (PodSpec::Container& container : spec.containers) {
            if (container.name != one.name) continue;
            if (one.memory > container.memory_request.value_or(0)) container.memory_request = one.memory;
            if (one.cpu_milli > container.cpu_request.value_or(0)) container.cpu_request = one.cpu_milli;
        }
}

}  // namespace

cluster::Labels read_labels(Value& value) {
    cluster::Labels labels;
    each_field(value, [&](std::string_view key, Value& field) { labels.emplace_back(key, text_of(field)); });
    std::sort(labels.begin(), labels.end());
    return labels;
}

Metadata read_metadata(Value& value) {
    Metadata metadata;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "name") metadata.name = text_of(field);
        if (key == "namespace") metadata.ns = text_of(field);
        if (key == "uid") metadata.uid = text_of(field);
        if (key == "resourceVersion") metadata.resource_version = text_of(field);
        if (key == "generation") metadata.generation = integer_of(field);
        if (key == "creationTimestamp") metadata.created_at = micros_of(field);
        if (key == "deletionTimestamp") metadata.deleting = true;
        if (key == "labels") metadata.labels = read_labels(field);
        if (key == "annotations") read_annotations(field, metadata);
        if (key == "ownerReferences") read_owners(field, metadata);
    });
    for (const std::string_view key : {"pod-template-hash", "controller-revision-hash"})
        if (const std::string* revision = cluster::find_label(metadata.labels, key); revision != nullptr)
            metadata.revision = *revision;
    return metadata;
}

Read<Node> read_node(Value& value) {
    Read<Node> read;
    Node& node = read.object;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
        if (key == "spec")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "unschedulable") node.unschedulable = truth_of(inner);
                if (part == "taints") each_item(inner, [&](Value& one) { read_taint(one, node); });
            });
        if (key == "status") read_node_status(field, node);
    });
    node.name = read.metadata.name;
    node.uid = read.metadata.uid;
    node.labels = std::move(read.metadata.labels);
    node.floor_pct = std::move(read.metadata.floor);
    return read;
}

Read<Pod> read_pod(Value& value) {
    Read<Pod> read;
    Pod& pod = read.object;
    PodSpec spec;
    std::vector<Granted> granted;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
        if (key == "spec") spec = read_pod_spec(field);
        if (key == "status") read_pod_status(field, pod, granted);
    });
    Metadata& metadata = read.metadata;
    pod.ns = metadata.ns;
    pod.name = metadata.name;
    pod.uid = metadata.uid;
    pod.node = std::move(spec.node_name);
    pod.controller = std::move(metadata.controller);
    pod.terminating = metadata.deleting;
    pod.mirror = metadata.mirror;
    pod.template_hash = metadata.revision;
    apply_granted(granted, spec);
    pod.shape = std::make_shared<const cluster::PodShape>(finish_shape(std::move(spec), std::move(metadata.labels)));
    return read;
}

Read<Namespace> read_namespace(Value& value) {
    Read<Namespace> read;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
    });
    read.object.name = read.metadata.name;
    return read;
}

Read<CustomResource> read_custom_resource(Value& value) {
    Read<CustomResource> read;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") read.metadata = read_metadata(field);
    });
    read.object = {read.metadata.name, read.metadata.uid, read.metadata.deleting};
    return read;
}

}  // namespace helix::kube_objects
