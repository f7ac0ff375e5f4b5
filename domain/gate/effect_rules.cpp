#include "domain/gate/effect_rules.hpp"

#include <algorithm>
#include <array>

#include "domain/gate/kinds.hpp"

namespace helix::gate::rules {
namespace {

using cluster::kNone;
using cluster::PodId;
using cluster::State;
using cluster::Workload;
using cluster::WorkloadId;
using cluster::WorkloadKind;

Result<WorkloadId> find(const ObjectRef& object, const State& state) {
    const WorkloadId id = state.find_workload(cluster::workload_kind(object.kind), object.ns, object.name);
    if (id != kNone) return id;
    return error(Code::NotFound, describe(object) + " is not in the cluster",
                 "check kind, namespace and name; helix reads what the API server shows", describe(object));
}

void let_leave(Effect& effect, const State& state, WorkloadId id, int group) {
    const std::vector<PodId> pods = state.pods_under(id);
    effect.leaving.reserve(effect.leaving.size() + pods.size());
    for (const PodId pod : pods)
        if (state.pod(pod).active() && state.pod(pod).bound)
            effect.leaving.push_back(pod_name(state, pod, holds_a_name(state, id, pod) ? group : -1));
}

/// From `state`'s pods of the workload to `desired` pods of the template that is there.
Effect resize(const State& state, WorkloadId id, std::int64_t desired, std::optional<std::int64_t> planned) {
    const Workload& workload = state.workload(id).workload;
    const std::int64_t counted = std::min(state.counted_under(id), planned.value_or(state.counted_under(id)));
    const std::int64_t asked_before = std::min(workload.desired, planned.value_or(workload.desired));
    Effect effect;
    effect.subject = key_of(workload);
    if (desired <= asked_before) {
        effect.kind = desired < asked_before || counted > desired ? EffectKind::Release : EffectKind::Neutral;
        const std::vector<PodId> pods = state.pods_under(id);
        effect.released.reserve(pods.size());
        for (const PodId pod : pods)
            if (state.pod(pod).counted()) effect.released.push_back(pod_name(state, pod, -1));
        effect.released_count = std::max<std::int64_t>(0, counted - desired);
        return effect;
    }
    PodGroup group = group_of_workload(state, id, nullptr);
    group.target_total = desired;
    group.count = std::max<std::int64_t>(0, desired - counted);
    effect.kind = EffectKind::Raise;
    if (state.workload(id).rolling()) {
        const bool observed = workload.generation == workload.observed_generation;
        group.count = std::max(group.count, desired - (observed ? workload.updated : 0));
        group.count += desired - asked_before;  // a Deployment in the middle of a rollout grows its old pods as well
        group.replaces = true;
    }
    effect.incoming.push_back(std::move(group));
    return effect;
}

/// Every pod of the workload replaced by one of `after`'s template.
Effect roll(const State& state, WorkloadId id, const Workload& after) {
    Effect effect;
    effect.subject = key_of(after);
    if (after.rollout == cluster::Rollout::OnDelete && after.desired <= state.workload(id).workload.desired)
        return effect;
    PodGroup group;
    group.owner = key_of(after);
    group.shape = after.shape;
    group.each = estimate(*after.shape, state.highest_use(id));
    group.coupling = coupling_of(after);
    group.replaces = true;
    if (after.kind == WorkloadKind::DaemonSet) {
        group.per_node_most = 1;
        group.count = static_cast<std::int64_t>(state.node_count());
        group.coupled_total = 1;
    } else {
        group.count = std::max<std::int64_t>(0, after.desired - after.partition);
        group.coupled_total = std::max(after.desired, state.counted_under(id));
    }
    group.target_total = group.count;
    effect.kind = EffectKind::Move;
    effect.incoming.push_back(std::move(group));
    let_leave(effect, state, id, 0);
    const Workload& before = state.workload(id).workload;
    if (after.kind == WorkloadKind::Deployment && after.desired > before.desired) {
        // Its controller first grows the old ReplicaSet to the new size, and rolls then.
        PodGroup old = group_of_workload(state, id, nullptr);
        old.count = old.target_total = after.desired - before.desired;
        old.replaces = true;
        effect.incoming.push_back(std::move(old));
    }
    return effect;
}

Effect appear(const State& state, const Workload& after) {
    PodGroup group;
    group.owner = key_of(after);
    group.shape = after.shape;
    group.each = estimate(*after.shape, std::nullopt);
    group.count = after.kind == WorkloadKind::Pod ? 1 : after.desired;
    if (after.kind == WorkloadKind::DaemonSet) {
        group.per_node_most = 1;
        group.count = static_cast<std::int64_t>(state.node_count());
    }
    group.target_total = group.count;
    Effect effect;
    effect.subject = group.owner;
    effect.kind = group.count > 0 ? EffectKind::Raise : EffectKind::Neutral;
    effect.incoming.push_back(std::move(group));
    return effect;
}

/// A change of a pod that is there happens in place, on its own node.
Effect change_in_place(const State& state, PodId id, const Workload& after) {
    Effect effect = appear(state, after);
    const cluster::NodeId node = state.pod(id).node;
    if (node == kNone) return effect;
    auto pinned = std::make_shared<cluster::PodShape>(*after.shape);
    pinned->node_name = state.node(node).name;
    effect.incoming.front().shape = std::move(pinned);
    effect.incoming.front().replaces = true;
    effect.kind = EffectKind::Move;
    effect.leaving.push_back(pod_name(state, id, 0));
    return effect;
}

Effect autoscaler(const Preview& preview, const State& state, const ObjectRef& object) {
    const WorkloadId id =
        state.find_workload(cluster::workload_kind(preview.scale_target_kind), object.ns, preview.scale_target_name);
    if (id == kNone) {
        Effect effect;
        effect.unmodelled = "unknown scale target " + preview.scale_target_kind + " " + object.ns + "/" +
                            preview.scale_target_name + ": what it would scale cannot be judged";
        return effect;
    }
    Effect effect =
        resize(state, id, std::max(preview.max_replicas, state.workload(id).workload.desired), std::nullopt);
    effect.lasting = true;
    return effect;
}

Result<Effect> workload_effect(const Workload& after, std::optional<std::int64_t> planned, const State& state,
                               const Settings& settings) {
    if (after.desired < 0 || after.desired > settings.replicas_max)
        return error(
            Code::InvalidArgument,
            "replicas " + std::to_string(after.desired) + " is outside 0.." + std::to_string(settings.replicas_max),
            "ask for a count within the bound", "replicas");
    if (after.kind == WorkloadKind::Pod) {
        const PodId pod = state.find_pod(after.ns, after.name);
        return pod == kNone ? appear(state, after) : change_in_place(state, pod, after);
    }
    const WorkloadId id = state.find_workload(after.kind, after.ns, after.name);
    if (id == kNone) return appear(state, after);
    const Workload& before = state.workload(id).workload;
    const bool same_template = before.template_digest == after.template_digest;
    if (!same_template) return roll(state, id, after);
    return after.kind == WorkloadKind::DaemonSet ? Effect{} : resize(state, id, after.desired, planned);
}

}  // namespace

OwnerKey key_of(const Workload& workload) {
    return {workload.kind, workload.ns, workload.name};
}

PodName pod_name(const State& state, PodId id, int group) {
    return {state.namespace_name(state.pod(id).ns), state.pod(id).name, group, id};
}

bool is_revision_label(std::string_view key) {
    constexpr std::array<std::string_view, 6> kKeys = {"pod-template-hash",
                                                       "controller-revision-hash",
                                                       "statefulset.kubernetes.io/pod-name",
                                                       "apps.kubernetes.io/pod-index",
                                                       "job-name",
                                                       "batch.kubernetes.io/job-name"};
    return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

Coupling coupling_of(const Workload& workload) {
    switch (workload.rollout) {
        case cluster::Rollout::Rolling:
            return Coupling::Free;
        case cluster::Rollout::OldFirst:
            return Coupling::OldFirst;
        case cluster::Rollout::OneForOne:
        case cluster::Rollout::OnDelete:
            return Coupling::OneForOne;
    }
    return Coupling::Free;
}

bool holds_a_name(const State& state, WorkloadId root, PodId id) {
    return state.workload(root).workload.kind != WorkloadKind::StatefulSet || !state.pod(id).terminating;
}

PodGroup group_of_workload(const State& state, WorkloadId root, const cluster::PodShape* fallback) {
    const cluster::WorkloadSlot& slot = state.workload(root);
    PodGroup group;
    group.owner = key_of(slot.workload);
    group.shape = slot.workload.shape;
    if (!group.shape) group.shape = std::make_shared<cluster::PodShape>(fallback ? *fallback : cluster::PodShape{});
    group.each = estimate(*group.shape, state.highest_use(root));
    if (slot.workload.kind == WorkloadKind::DaemonSet) group.per_node_most = 1;
    return group;
}

Effect unmodelled_effect(const ObjectRef& object) {
    Effect effect;
    effect.unmodelled = "unmodelled kind " + object.kind +
                        (object.api_version.empty() ? "" : " (" + object.api_version + ")") +
                        ": a controller unknown to the gate may make pods from it";
    return effect;
}

Result<Effect> scale_effect(const Action& action, std::optional<std::int64_t> planned, const State& state,
                            const Settings& settings) {
    if (!action.replicas)
        return error(Code::InvalidArgument, "scale needs a number of replicas", "add replicas", "replicas");
    if (*action.replicas < 0 || *action.replicas > settings.replicas_max)
        return error(
            Code::InvalidArgument,
            "replicas " + std::to_string(*action.replicas) + " is outside 0.." + std::to_string(settings.replicas_max),
            "ask for a count within the bound", "replicas");
    constexpr std::array kScalable = {WorkloadKind::Deployment, WorkloadKind::StatefulSet, WorkloadKind::ReplicaSet,
                                      WorkloadKind::ReplicationController};
    if (std::find(kScalable.begin(), kScalable.end(), cluster::workload_kind(action.object.kind)) == kScalable.end())
        return unmodelled_effect(action.object);
    const auto id = find(action.object, state);
    if (!id) return id.error();
    return resize(state, *id, *action.replicas, planned);
}

Result<Effect> restart_effect(const Action& action, const State& state) {
    const auto id = find(action.object, state);
    if (!id) return id.error();
    const Workload& workload = state.workload(*id).workload;
    const bool restartable = workload.kind == WorkloadKind::Deployment || workload.kind == WorkloadKind::StatefulSet ||
                             workload.kind == WorkloadKind::DaemonSet;
    if (!restartable || !workload.shape)
        return error(Code::InvalidArgument, describe(action.object) + " cannot be restarted",
                     "restart a Deployment, a StatefulSet or a DaemonSet", describe(action.object));
    return roll(state, *id, workload);
}

Result<Effect> manifest_effect(const Request& request, const State& state, const Settings& settings) {
    const ObjectRef& object = request.action.object;
    switch (classify(object.api_version, object.kind, settings.neutral_kinds)) {
        case KindClass::Namespace:
        case KindClass::Neutral:
            return Effect{};
        case KindClass::Autoscaler:
            if (!request.preview) return unmodelled_effect(object);
            return autoscaler(*request.preview, state, object);
        case KindClass::MakesPods:
            if (!request.preview || !request.preview->workload || !request.preview->workload->shape)
                return unmodelled_effect(object);
            return workload_effect(*request.preview->workload, request.planned_count, state, settings);
        case KindClass::Node:
        case KindClass::Container:
        case KindClass::Unmodelled:
            break;
    }
    return unmodelled_effect(object);
}

}  // namespace helix::gate::rules
