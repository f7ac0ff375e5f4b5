#include "domain/gate/container_effect.hpp"

#include <algorithm>

#include "domain/gate/effect_rules.hpp"

namespace helix::gate {
namespace {

using cluster::kNone;
using cluster::PodId;
using cluster::State;
using cluster::Workload;
using cluster::WorkloadId;
using cluster::WorkloadKind;

/// The container's own entry, and its share of each GPU; empty: there is no such container.
std::vector<WorkloadId> parts_of(const std::string& name, const State& state) {
    std::vector<WorkloadId> parts;
    const WorkloadId host = state.find_workload(WorkloadKind::Container, "", name);
    if (host == kNone) return parts;
    parts.push_back(host);
    for (WorkloadId id = 0; id < state.workload_slots(); ++id) {
        const cluster::WorkloadSlot& slot = state.workload(id);
        const bool share = slot.live && slot.known && slot.workload.kind == WorkloadKind::Container &&
                           slot.workload.name == name && !slot.workload.ns.empty();
        if (share) parts.push_back(id);
    }
    return parts;
}

/// Empty when every unit that a part is bound to is known: what is not known cannot be judged.
std::string unknown_unit(const Workload& part, const State& state) {
    if (!part.shape || part.shape->node_name.empty()) return "the container's unit is not known";
    if (state.find_node(part.shape->node_name) != kNone) return {};
    return "unknown unit " + part.shape->node_name + ": what would run there cannot be judged";
}

/// What a container uses of a GPU nobody measures by itself: of a share only its bound counts.
std::optional<Bytes> highest_use(const Workload& part, const State& state) {
    const WorkloadId id = state.find_workload(part.kind, part.ns, part.name);
    return part.ns.empty() && id != kNone ? state.highest_use(id) : std::nullopt;
}

PodGroup one_of(const Workload& part, const State& state) {
    PodGroup group;
    group.owner = rules::key_of(part);
    group.shape = part.shape;
    group.each = container_estimate(*part.shape, highest_use(part, state));
    group.count = group.target_total = 1;
    return group;
}

Effect appear(const std::vector<Workload>& parts, const State& state) {
    Effect effect;
    effect.kind = EffectKind::Raise;
    effect.subject = rules::key_of(parts.front());
    for (const Workload& part : parts) {
        if (effect.unmodelled.empty()) effect.unmodelled = unknown_unit(part, state);
        if (!effect.unmodelled.empty()) return effect;
        effect.incoming.push_back(one_of(part, state));
    }
    return effect;
}

/// The running process of each part goes, and one as `parts` say comes in its place.
Effect replace(const std::vector<Workload>& parts, const State& state) {
    Effect effect = appear(parts, state);
    if (!effect.unmodelled.empty()) return effect;
    effect.kind = EffectKind::Move;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        PodGroup& group = effect.incoming[i];
        group.replaces = true;
        group.coupling = Coupling::OldFirst;
        group.coupled_total = 1;
        const WorkloadId id = state.find_workload(parts[i].kind, parts[i].ns, parts[i].name);
        for (const PodId pod : state.pods_under(id))
            if (state.pod(pod).active()) effect.leaving.push_back(rules::pod_name(state, pod, static_cast<int>(i)));
    }
    return effect;
}

Effect leave(const std::vector<WorkloadId>& parts, const State& state) {
    Effect effect;
    effect.subject = rules::key_of(state.workload(parts.front()).workload);
    for (const WorkloadId part : parts)
        for (const PodId pod : state.pods_under(part))
            if (state.pod(pod).active()) effect.released.push_back(rules::pod_name(state, pod, -1));
    effect.released_count = static_cast<std::int64_t>(effect.released.size());
    effect.kind = effect.released.empty() ? EffectKind::Neutral : EffectKind::Release;
    return effect;
}

/// Whether the limit of `after` keeps a container from more than the limit of `before` did.
bool lowers_the_limit(const Workload& before, const Workload& after) {
    const auto limit = [](const Workload& one) { return one.shape ? one.shape->memory_limit : std::nullopt; };
    return limit(before) && limit(after) && *limit(after) <= *limit(before);
}

Result<Effect> resize(const Request& request, const std::vector<WorkloadId>& parts, const State& state) {
    if (!request.preview || !request.preview->workload || !request.preview->workload->shape)
        return rules::unmodelled_effect(request.action.object);
    const Workload& after = *request.preview->workload;
    const Workload& before = state.workload(parts.front()).workload;
    if (lowers_the_limit(before, after)) return Effect{};
    const bool runs = !state.pods_under(parts.front()).empty();
    if (!runs && before.desired == 0) return Effect{};
    Effect effect = runs ? replace({after}, state) : appear({after}, state);  // not running: about to be started again
    effect.lasting = true;  // nobody sees when the process makes use of it
    return effect;
}

Result<Effect> create(const Request& request, const State& state) {
    if (!request.preview || !request.preview->workload || !request.preview->workload->shape)
        return rules::unmodelled_effect(request.action.object);
    std::vector<Workload> parts = {*request.preview->workload};
    parts.insert(parts.end(), request.preview->gpu_shares.begin(), request.preview->gpu_shares.end());
    return appear(parts, state);
}

}  // namespace

std::optional<Bytes> container_estimate(const cluster::PodShape& shape, std::optional<Bytes> highest_use) {
    return shape.memory_limit ? shape.memory_limit : highest_use;
}

Result<Effect> container_effect(const Request& request, const State& state) {
    const Action& action = request.action;
    if (action.verb == Verb::Create) return create(request, state);
    const std::vector<WorkloadId> parts = parts_of(action.object.name, state);
    if (parts.empty())
        return error(Code::NotFound, describe(action.object) + " is not on this target",
                     "see GET /v1/workloads?kind=Container, or docker ps -a on the host", describe(action.object));
    std::vector<Workload> present;
    for (const WorkloadId part : parts) present.push_back(state.workload(part).workload);
    const bool runs = !state.pods_under(parts.front()).empty();
    switch (action.verb) {
        case Verb::Start:
            return runs ? Effect{} : appear(present, state);
        case Verb::Restart:
            return runs ? replace(present, state) : appear(present, state);
        case Verb::SetResources:
            return resize(request, parts, state);
        case Verb::Stop:
        case Verb::Delete:
            return leave(parts, state);
        default:
            return error(Code::InvalidArgument,
                         std::string(to_string(action.verb)) + " is nothing that a container can be asked for",
                         "create, start, restart, set-resources, stop or delete it", describe(action.object));
    }
}

}  // namespace helix::gate
