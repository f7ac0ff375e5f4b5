#include <algorithm>
#include <array>
#include <limits>

#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using cluster::HostnameSpread;
using cluster::Operator;
using cluster::PodShape;
using cluster::Requirement;
using cluster::SelectorTerm;
using cluster::TaintEffect;
using cluster::Toleration;

constexpr std::array<std::string_view, 13> kVolatileLabels = {
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "job-name",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "apps.kubernetes.io/statefulset-revision",
};

/// A class we cannot look up may have the highest priority that users can give.
constexpr std::int32_t kHighestUserPriority = 1'000'000'000;

std::int32_t priority_of_class(std::string_view name) {
    if (name == "system-node-critical") return 2'000'001'000;
    if (name == "system-cluster-critical") return 2'000'000'000;
    return kHighestUserPriority;
}

Operator read_operator(Value& value) {
    const std::string_view text = view_of(value);
    if (text == "In") return Operator::In;
    if (text == "NotIn") return Operator::NotIn;
    if (text == "Exists") return Operator::Exists;
    if (text == "DoesNotExist") return Operator::DoesNotExist;
    if (text == "Gt") return Operator::Gt;
    if (text == "Lt") return Operator::Lt;
    throw Malformed("", "is no known operator");
}

Requirement read_requirement(Value& value, bool on_name) {
    Requirement requirement;
    requirement.on_name = on_name;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "key") requirement.key = text_of(field);
        if (key == "operator") requirement.op = read_operator(field);
        if (key == "values") each_item(field, [&](Value& one) { requirement.values.push_back(text_of(one)); });
    });
    return requirement;
}

/// Appends requirements on labels or, for matchFields, on the name; fields other than metadata.name are left out,
/// which admits more nodes.
void read_requirements(Value& value, bool fields, SelectorTerm& term) {
    each_item(value, [&](Value& one) {
        Requirement requirement = read_requirement(one, fields);
        if (!fields || requirement.key == "metadata.name") term.push_back(std::move(requirement));
    });
}

void read_node_affinity(Value& value, PodShape& shape) {
    each_field(value, [&](std::string_view key, Value& required) {
        if (key != "requiredDuringSchedulingIgnoredDuringExecution") return;
        shape.has_affinity = true;
        each_field(required, [&](std::string_view inner, Value& terms) {
            if (inner != "nodeSelectorTerms") return;
            each_item(terms, [&](Value& term) {
                SelectorTerm& read = shape.affinity.emplace_back();
                each_field(term, [&](std::string_view part, Value& requirements) {
                    if (part == "matchExpressions") read_requirements(requirements, false, read);
                    if (part == "matchFields") read_requirements(requirements, true, read);
                });
            });
        });
    });
}

/// Appends the constraint when the model can hold it; else it is left out, which admits more nodes.
void read_spread(Value& value, PodShape& shape) {
    HostnameSpread spread;
    bool on_hostname = false;
    bool hard = true;
    bool modelled = true;
    bool selects = false;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "topologyKey") on_hostname = view_of(field) == "kubernetes.io/hostname";
        if (key == "whenUnsatisfiable") hard = view_of(field) == "DoNotSchedule";
        if (key == "maxSkew") spread.max_skew = integer_of(field);
        if (key == "minDomains") spread.min_domains = integer_of(field);
        if (key == "nodeAffinityPolicy") spread.honor_affinity = view_of(field) == "Honor";
        if (key == "nodeTaintsPolicy") spread.honor_taints = view_of(field) == "Honor";
        if (key == "matchLabelKeys") each_item(field, [&](Value& one) { modelled = view_of(one).empty() && modelled; });
        if (key != "labelSelector") return;
        selects = true;  // without a selector the constraint counts no pod and holds nobody back
        read_label_selector(field, spread.pod_selector);
    });
    for (const Requirement& one : spread.pod_selector) modelled = modelled && !is_volatile_label(one.key);
    if (on_hostname && hard && modelled && selects) shape.spreads.push_back(std::move(spread));
}

Toleration read_toleration(Value& value) {
    Toleration toleration;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "key") toleration.key = text_of(field);
        if (key == "value") toleration.value = text_of(field);
        if (key == "operator") {
            const std::string_view text = view_of(field);
            toleration.exists = text != "Equal" && !text.empty();
        }
        if (key != "effect") return;
        const std::string_view text = view_of(field);
        if (text == "NoSchedule") toleration.effect = TaintEffect::NoSchedule;
        if (text == "PreferNoSchedule") toleration.effect = TaintEffect::PreferNoSchedule;
        if (text == "NoExecute") toleration.effect = TaintEffect::NoExecute;
    });
    if (toleration.exists) toleration.value.clear();
    return toleration;
}

void read_amounts(Value& value, std::optional<std::int64_t>& memory, std::optional<std::int64_t>& cpu) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "memory") memory = quantity_of(field);
        if (key == "cpu") cpu = milli_quantity_of(field);
    });
}

void read_resources(Value& value, PodSpec::Container& container) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "requests") read_amounts(field, container.memory_request, container.cpu_request);
        if (key == "limits") read_amounts(field, container.memory_limit, container.cpu_limit);
    });
}

PodSpec::Container read_container(Value& value, bool init) {
    PodSpec::Container container;
    container.init = init;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "name") container.name = text_of(field);
        if (key == "restartPolicy") container.sidecar = init && view_of(field) == "Always";
        if (key == "resources") read_resources(field, container);
    });
    return container;
}

/// A field of a pod's spec that bears on where it may run; any other is passed over.
void read_placement(std::string_view key, Value& field, PodSpec& spec) {
    PodShape& shape = spec.shape;
    if (key == "nodeName") spec.node_name = text_of(field);
    if (key == "nodeSelector") shape.node_selector = read_labels(field);
    if (key == "hostNetwork") spec.host_network = truth_of(field);
    if (key == "schedulerName") {
        const std::string_view name = view_of(field);
        shape.default_scheduler = name.empty() || name == "default-scheduler";
    }
    if (key == "preemptionPolicy") shape.preempts = view_of(field) != "Never";
    if (key == "priority") {
        spec.priority_given = true;
        shape.priority = static_cast<std::int32_t>(std::clamp<std::int64_t>(
            integer_of(field), std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
    }
    if (key == "priorityClassName" && !spec.priority_given) {
        const std::string_view name = view_of(field);
        if (!name.empty()) shape.priority = priority_of_class(name);
    }
    if (key == "affinity")
        each_field(field, [&](std::string_view kind, Value& one) {
            if (kind == "nodeAffinity") read_node_affinity(one, shape);
        });
    if (key == "tolerations") each_item(field, [&](Value& one) { shape.tolerations.push_back(read_toleration(one)); });
    if (key == "topologySpreadConstraints") each_item(field, [&](Value& one) { read_spread(one, shape); });
}

void add_toleration(PodShape& shape, std::string_view key, TaintEffect effect) {
    const cluster::Taint taint{std::string(key), "", effect};
    const bool there = std::any_of(shape.tolerations.begin(), shape.tolerations.end(), [&](const Toleration& one) {
        return one.exists && (one.key.empty() || one.key == key) && (!one.effect || *one.effect == effect);
    });
    if (!there) shape.tolerations.push_back({taint.key, true, "", effect});
}

}  // namespace

void read_label_selector(Value& value, SelectorTerm& selector) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "matchExpressions") read_requirements(field, false, selector);
        if (key != "matchLabels") return;
        for (auto& [name, wanted] : read_labels(field)) selector.push_back({name, Operator::In, {wanted}, false});
    });
}

bool is_volatile_label(std::string_view key) {
    return std::find(kVolatileLabels.begin(), kVolatileLabels.end(), key) != kVolatileLabels.end();
}

cluster::Labels lasting_labels(cluster::Labels labels) {
    labels.erase(
        std::remove_if(labels.begin(), labels.end(), [](const auto& one) { return is_volatile_label(one.first); }),
        labels.end());
    labels.shrink_to_fit();
    return labels;
}

PodSpec read_pod_spec(Value& value) {
    simdjson::ondemand::object object = value.get_object();
    return read_pod_spec(object);
}

PodSpec read_pod_spec(simdjson::ondemand::object& object) {
    PodSpec spec;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "containers" || key == "initContainers") {
            const bool init = key == "initContainers";
            std::vector<PodSpec::Container> read;
            each_item(field, [&](Value& one) { read.push_back(read_container(one, init)); });
            spec.containers.insert(spec.containers.end(), read.begin(), read.end());
        } else if (key == "resources") {
            read_resources(field, spec.whole);
        } else if (key == "overhead") {
            std::optional<std::int64_t> memory;
            std::optional<std::int64_t> cpu;
            read_amounts(field, memory, cpu);
            spec.overhead = {memory.value_or(0), cpu.value_or(0), 0};
        } else {
            read_placement(key, field, spec);
        }
    });
    // Admission gives every pod these two (DefaultTolerationSeconds), so a template's pods have them as well.
    add_toleration(spec.shape, "node.kubernetes.io/not-ready", TaintEffect::NoExecute);
    add_toleration(spec.shape, "node.kubernetes.io/unreachable", TaintEffect::NoExecute);
    return spec;
}

PodTemplate read_pod_template(Value& value) {
    PodTemplate result;
    simdjson::ondemand::object object = value.get_object();
    result.digest = digest_of(object);
    Metadata metadata;
    PodSpec spec;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "metadata") metadata = read_metadata(field);
        if (key == "spec") spec = read_pod_spec(field);
    });
    result.host_network = spec.host_network;
    spec.shape.node_name = spec.node_name;
    result.shape = finish_shape(std::move(spec), std::move(metadata.labels));
    return result;
}

void add_daemon_tolerations(cluster::PodShape& shape, bool host_network) {
    add_toleration(shape, "node.kubernetes.io/not-ready", TaintEffect::NoExecute);
    add_toleration(shape, "node.kubernetes.io/unreachable", TaintEffect::NoExecute);
    add_toleration(shape, "node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule);
    add_toleration(shape, "node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule);
    add_toleration(shape, "node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule);
    add_toleration(shape, "node.kubernetes.io/unschedulable", TaintEffect::NoSchedule);
    if (host_network) add_toleration(shape, "node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule);
}

}  // namespace helix::kube_objects
