#include "domain/gate/effect.hpp"

#include <algorithm>

#include "domain/cluster/placement.hpp"
#include "domain/gate/container_effect.hpp"
#include "domain/gate/effect_rules.hpp"
#include "domain/gate/kinds.hpp"

namespace helix::gate {
namespace {

using namespace rules;
using cluster::kNone;
using cluster::PodId;
using cluster::State;
using cluster::WorkloadId;
using cluster::WorkloadKind;

Error not_found(const ObjectRef& object) {
    return error(Code::NotFound, describe(object) + " is not in the cluster",
                 "check kind, namespace and name; helix reads what the API server shows", describe(object));
}

/// Pods that leave `nodes`' side, one group of replacements per owner.
class Replacements {
public:
    Replacements(const State& state, Effect& effect) : state_(state), effect_(effect) {}

    void add(PodId id) {
        const WorkloadId root = state_.root_of(id);
        // An owner that is not mirrored is a controller unknown to us: it may well make the pod again.
        const bool replaced = root != kNone && !state_.workload(root).workload.deleting;
        effect_.leaving.push_back(pod_name(state_, id, replaced ? group_for(root, id) : -1));
    }

private:
    int group_for(WorkloadId root, PodId id) {
        const cluster::Workload& workload = state_.workload(root).workload;
        const bool daemon = workload.kind == WorkloadKind::DaemonSet;
        const OwnerKey owner = key_of(workload);
        auto found = std::find_if(effect_.incoming.begin(), effect_.incoming.end(),
                                  [&](const PodGroup& group) { return group.owner == owner; });
        if (daemon || found == effect_.incoming.end()) {
            PodGroup group = group_of_workload(state_, root, state_.pod(id).shape);
            group.replaces = true;
            if (daemon) pin(group, id);
            if (daemon || workload.kind == WorkloadKind::StatefulSet) group.coupling = Coupling::OneForOne;
            effect_.incoming.push_back(std::move(group));
            found = effect_.incoming.end() - 1;
        }
        found->count += 1;
        found->coupled_total += 1;
        found->target_total += 1;
        return static_cast<int>(found - effect_.incoming.begin());
    }

    /// A DaemonSet's pod comes back on its own node.
    void pin(PodGroup& group, PodId id) const {
        if (state_.pod(id).node == kNone) return;
        auto pinned = std::make_shared<cluster::PodShape>(*group.shape);
        pinned->node_name = state_.node(state_.pod(id).node).name;
        group.shape = std::move(pinned);
    }

    const State& state_;
    Effect& effect_;
};

Effect moving(const State& state, const std::vector<PodId>& pods) {
    Effect effect;
    Replacements replacements(state, effect);
    for (const PodId id : pods) replacements.add(id);
    effect.kind = effect.incoming.empty() ? EffectKind::Release : EffectKind::Move;
    if (effect.kind == EffectKind::Release) {
        effect.released = std::move(effect.leaving);
        effect.released_count = static_cast<std::int64_t>(effect.released.size());
        effect.leaving.clear();
    }
    return effect;
}

std::vector<PodId> drainable(const State& state, cluster::NodeId node) {
    std::vector<PodId> pods;
    for (const PodId id : state.pods_on(node)) {
        const WorkloadId root = state.root_of(id);
        const bool daemon = root != kNone && state.workload(root).workload.kind == WorkloadKind::DaemonSet;
        if (state.pod(id).active() && !daemon && !state.pod(id).mirror) pods.push_back(id);
    }
    return pods;
}

Result<Effect> drain(const ObjectRef& object, const State& state) {
    const cluster::NodeId node = state.find_node(object.name);
    if (node == kNone) return not_found(object);
    Effect effect = moving(state, drainable(state, node));
    effect.cordoned.push_back(object.name);
    return effect;
}

Result<Effect> evict(const ObjectRef& object, const State& state) {
    const PodId pod = state.find_pod(object.ns, object.name);
    if (pod == kNone) return not_found(object);
    return moving(state, {pod});
}

Result<Effect> cordon(const ObjectRef& object, const State& state, bool on) {
    const cluster::NodeId node = state.find_node(object.name);
    if (node == kNone) return not_found(object);
    Effect effect;
    if (on) {
        effect.cordoned.push_back(object.name);
    } else {
        cluster::Node after = state.node(node);
        after.unschedulable = false;
        std::erase_if(after.taints,
                      [](const cluster::Taint& taint) { return taint.key == cluster::kUnschedulableTaint; });
        effect.changed_nodes.push_back(std::move(after));
        effect.kind = EffectKind::Raise;
    }
    return effect;
}

/// A DaemonSet that the changed node now matches makes a pod on it.
void add_daemons(const State& state, cluster::NodeId node, const cluster::Node& after, Effect& effect) {
    const auto on_node = state.pods_on(node);
    for (WorkloadId id = 0; id < state.workload_slots(); ++id) {
        const cluster::WorkloadSlot& slot = state.workload(id);
        const cluster::Workload& daemon = slot.workload;
        if (!slot.live || !slot.known || daemon.kind != WorkloadKind::DaemonSet || daemon.deleting || !daemon.shape)
            continue;
        const bool runs = std::any_of(on_node.begin(), on_node.end(),
                                      [&](PodId pod) { return state.root_of(pod) == id && state.pod(pod).active(); });
        if (runs || cluster::excluded(*daemon.shape, after) != cluster::Exclusion::None) continue;
        PodGroup group = group_of_workload(state, id, nullptr);
        auto pinned = std::make_shared<cluster::PodShape>(*group.shape);
        pinned->has_affinity = true;  // beside its selectors, which stay
        pinned->affinity = {{{"metadata.name", cluster::Operator::In, {after.name}, true}}};
        group.shape = std::move(pinned);
        group.count = group.target_total = 1;
        group.replaces = true;
        effect.incoming.push_back(std::move(group));
    }
}

/// A node after a change of labels or taints: it may take more pods, and a NoExecute taint moves those it has.
Effect node_change(const State& state, cluster::NodeId id, cluster::Node after) {
    std::vector<PodId> leaving;
    for (const PodId pod : state.pods_on(id)) {
        const bool stays = std::all_of(after.taints.begin(), after.taints.end(), [&](const cluster::Taint& taint) {
            return taint.effect != cluster::TaintEffect::NoExecute ||
                   cluster::tolerates(state.pod(pod).shape->tolerations, taint);
        });
        if (!stays && state.pod(pod).active()) leaving.push_back(pod);
    }
    Effect effect = moving(state, leaving);
    add_daemons(state, id, after, effect);
    if (leaving.empty() || !effect.incoming.empty())
        effect.kind = leaving.empty() ? EffectKind::Raise : EffectKind::Move;
    effect.changed_nodes.push_back(std::move(after));
    return effect;
}

Result<Effect> label_node(const Action& action, const State& state) {
    const cluster::NodeId id = state.find_node(action.object.name);
    if (id == kNone) return not_found(action.object);
    cluster::Node after = state.node(id);
    for (const auto& [key, value] : action.entries) {
        after.labels.erase(std::remove_if(after.labels.begin(), after.labels.end(),
                                          [&key = key](const auto& label) { return label.first == key; }),
                           after.labels.end());
        if (value) after.labels.emplace_back(key, *value);
    }
    std::sort(after.labels.begin(), after.labels.end());
    return node_change(state, id, std::move(after));
}

/// A pod relabelled out of its controller's selector is replaced while it lives on.
Result<Effect> label_pod(const Action& action, const State& state) {
    const PodId id = state.find_pod(action.object.ns, action.object.name);
    if (id == kNone) return not_found(action.object);
    const cluster::PodSlot& pod = state.pod(id);
    const WorkloadId root = state.root_of(id);
    const bool touches_selector = std::any_of(action.entries.begin(), action.entries.end(), [&](const auto& entry) {
        return cluster::find_label(pod.shape->labels, entry.first) != nullptr || is_revision_label(entry.first);
    });
    Effect effect;
    if (root == kNone || !touches_selector) return effect;
    PodGroup group = group_of_workload(state, root, pod.shape);
    group.count = 1;
    group.replaces = true;
    group.target_total = 1;
    effect.kind = EffectKind::Raise;  // no subject: it does not set the workload's size
    effect.incoming.push_back(std::move(group));
    return effect;
}

Result<Effect> label(const Action& action, const State& state) {
    if (action.object.kind == "Node") return label_node(action, state);
    if (action.object.kind == "Pod") return label_pod(action, state);
    return Effect{};
}

Effect release_of(const State& state, std::vector<PodId> pods) {
    Effect effect;
    effect.kind = EffectKind::Release;
    for (const PodId id : pods)
        if (state.pod(id).active()) effect.released.push_back(pod_name(state, id, -1));
    effect.released_count = static_cast<std::int64_t>(effect.released.size());
    return effect;
}

Effect delete_namespace(const std::string& ns, const State& state) {
    std::vector<PodId> pods;
    for (PodId id = 0; id < state.pod_slots(); ++id)
        if (state.pod(id).live && state.namespace_name(state.pod(id).ns) == ns) pods.push_back(id);
    return release_of(state, std::move(pods));
}

Result<Effect> delete_node(const ObjectRef& object, const State& state) {
    const cluster::NodeId node = state.find_node(object.name);
    if (node == kNone) return not_found(object);
    std::vector<PodId> pods;
    for (const PodId id : drainable(state, node)) pods.push_back(id);
    Effect effect = moving(state, pods);
    effect.removed_nodes.push_back(object.name);
    return effect;
}

Result<Effect> delete_workload(const ObjectRef& object, const State& state) {
    const WorkloadId id = state.find_workload(cluster::workload_kind(object.kind), object.ns, object.name);
    if (id == kNone) return not_found(object);
    const bool comes_again = state.workload(id).parent != kNone;
    Effect effect = comes_again ? moving(state, state.pods_under(id)) : release_of(state, state.pods_under(id));
    effect.subject = key_of(state.workload(id).workload);
    return effect;
}

Result<Effect> remove(const Action& action, const State& state, const Settings& settings) {
    const ObjectRef& object = action.object;
    switch (classify(object.api_version, object.kind, settings.neutral_kinds)) {
        case KindClass::Namespace:
            return delete_namespace(object.name, state);
        case KindClass::Node:
            return delete_node(object, state);
        case KindClass::MakesPods:
            return object.kind == "Pod" ? evict(object, state) : delete_workload(object, state);
        case KindClass::Autoscaler:
        case KindClass::Neutral:
            return Effect{};
        case KindClass::Container:  // see container_effect
        case KindClass::Unmodelled:
            return unmodelled_effect(object);
    }
    return unmodelled_effect(object);
}

}  // namespace

std::string_view to_string(EffectKind kind) {
    switch (kind) {
        case EffectKind::Neutral:
            return "neutral";
        case EffectKind::Release:
            return "release";
        case EffectKind::Raise:
            return "raise";
        case EffectKind::Move:
            return "move";
    }
    return "neutral";
}

std::string describe(const OwnerKey& owner) {
    const std::string kind(cluster::to_string(owner.kind));
    if (owner.kind == WorkloadKind::Container)
        return kind + " " + owner.name + (owner.ns.empty() ? "" : " on " + owner.ns);
    return kind + " " + owner.ns + "/" + owner.name;
}

std::optional<Bytes> estimate(const cluster::PodShape& shape, std::optional<Bytes> highest_use) {
    if (highest_use) return std::max(*highest_use, shape.request.memory);
    if (shape.memory_requested) return shape.request.memory;
    if (shape.memory_limit) return std::max(*shape.memory_limit, shape.request.memory);
    return std::nullopt;
}

Result<Effect> effect_of(const Request& request, const State& state, const Settings& settings) {
    const Action& action = request.action;
    const KindClass kind = classify(action.object.api_version, action.object.kind, settings.neutral_kinds);
    if (kind == KindClass::Container) return container_effect(request, state);
    switch (action.verb) {
        case Verb::Scale:
            return scale_effect(action, request.planned_count, state, settings);
        case Verb::Restart:
            return restart_effect(action, state);
        case Verb::Label:
            return label(action, state);
        case Verb::Annotate:
            return Effect{};
        case Verb::Cordon:
            return cordon(action.object, state, true);
        case Verb::Uncordon:
            return cordon(action.object, state, false);
        case Verb::Evict:
            return evict(action.object, state);
        case Verb::Drain:
            return drain(action.object, state);
        case Verb::Delete:
            return remove(action, state, settings);
        case Verb::Start:
        case Verb::Stop:
            return error(Code::InvalidArgument, describe(action.object) + " is no container",
                         "start and stop are for containers of a Docker host", describe(action.object));
        case Verb::Create:
        case Verb::Apply:
        case Verb::Patch:
        case Verb::SetImage:
        case Verb::SetResources:
            break;
    }
    if (kind == KindClass::Node) {
        const cluster::NodeId id = state.find_node(action.object.name);
        if (id == kNone || !request.preview || !request.preview->node)
            return unmodelled_effect(action.object);  // a node is made by its kubelet, not by a manifest
        return node_change(state, id, *request.preview->node);
    }
    return manifest_effect(request, state, settings);
}

}  // namespace helix::gate
