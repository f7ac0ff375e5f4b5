#include "adapters/simulated/controllers.hpp"

#include <algorithm>
#include <unordered_set>

#include "domain/cluster/placement.hpp"

namespace helix::simulated {
namespace {

using cluster::PodPhase;
using cluster::WorkloadKind;

const cluster::OwnerRef* controller_of(const Object& object) {
    if (object.pod && object.pod->seen.controller) return &*object.pod->seen.controller;
    if (object.workload && object.workload->seen.controller) return &*object.workload->seen.controller;
    return nullptr;
}

/// The garbage collector: what names a controller that is no more goes too. Namespaces on their way out that are
/// empty are gone; nodes that are gone take their pods along; a NoExecute taint drives out who does not bear it.
void collect_garbage(World& world) {
    std::unordered_set<std::string> uids;
    std::unordered_set<std::string> inhabited;
    for (const auto& [key, object] : world.objects()) {
        uids.insert(object.uid);
        inhabited.insert(key.ns);
    }
    std::vector<Key> orphans;
    for (const auto& [key, object] : world.objects()) {
        const cluster::OwnerRef* owner = controller_of(object);
        if (owner != nullptr && !uids.contains(owner->uid)) orphans.push_back(key);
    }
    for (const Key& key : orphans) world.remove(key);
    std::vector<Key> empty;
    for (const Object* ns : world.all("Namespace"))
        if (ns->deleting && !inhabited.contains(ns->key.name)) empty.push_back(ns->key);
    for (const Key& key : empty) world.erase(key);
}

void clear_nodes(World& world) {
    std::vector<Key> stranded;
    std::vector<Key> driven_out;
    for (const Object* pod : world.all("Pod")) {
        const cluster::Pod& seen = pod->pod->seen;
        if (seen.node.empty()) continue;
        const Object* node = world.find(Key{"Node", "", seen.node});
        if (node == nullptr) {
            stranded.push_back(pod->key);
            continue;
        }
        const auto& taints = node->node->taints;
        const bool repelled = std::any_of(taints.begin(), taints.end(), [&](const cluster::Taint& taint) {
            return taint.effect == cluster::TaintEffect::NoExecute &&
                   !cluster::tolerates(seen.shape->tolerations, taint);
        });
        if (repelled && !seen.terminating) driven_out.push_back(pod->key);
    }
    for (const Key& key : stranded) world.erase(key);
    for (const Key& key : driven_out) world.remove(key);
}

void reconcile(World& world, const Owned& owned, Object& workload) {
    switch (workload.workload->seen.kind) {
        case WorkloadKind::Deployment:
            return reconcile_deployment(world, owned, workload);
        case WorkloadKind::ReplicaSet:
        case WorkloadKind::ReplicationController:
            return reconcile_replica_set(world, owned, workload);
        case WorkloadKind::StatefulSet:
            return reconcile_stateful_set(world, owned, workload);
        case WorkloadKind::DaemonSet:
            return reconcile_daemon_set(world, owned, workload);
        case WorkloadKind::Job:
            return reconcile_job(world, owned, workload);
        default:
            return report_status(world, workload, 0, 0);
    }
}

}  // namespace

Owned::Owned(World& world) {
    for (const char* kind : {"Pod", "ReplicaSet"})
        for (const Object* object : world.all(kind))
            if (const cluster::OwnerRef* owner = controller_of(*object)) by_owner_[owner->uid].push_back(object->key);
}

const std::vector<Key>& Owned::of(const Object& owner) const {
    static const std::vector<Key> kNothing;
    const auto found = by_owner_.find(owner.uid);
    return found == by_owner_.end() ? kNothing : found->second;
}

PodCounts count_pods(World& world, const Owned& owned, const Object& owner) {
    PodCounts counts;
    for (const Key& key : owned.of(owner)) {
        Object* object = world.find(key);
        if (object == nullptr || !object->pod) continue;
        const cluster::Pod& pod = object->pod->seen;
        if (pod.phase == PodPhase::Succeeded) ++counts.succeeded;
        if (pod.phase == PodPhase::Succeeded || pod.phase == PodPhase::Failed) continue;
        if (pod.terminating) {
            ++counts.terminating;
            continue;
        }
        counts.active.push_back(object);
        if (pod.phase == PodPhase::Running && pod.ready) ++counts.available;
    }
    return counts;
}

void report_status(World& world, Object& workload, std::int64_t updated, std::int64_t desired) {
    cluster::Workload& seen = workload.workload->seen;
    if (seen.updated == updated && seen.desired == desired && seen.observed_generation == workload.generation) return;
    seen.updated = updated;
    seen.desired = desired;
    seen.observed_generation = workload.generation;
    world.touch(workload);
}

void run_controllers(World& world) {
    collect_garbage(world);
    clear_nodes(world);
    for (const char* kind :
         {"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob"}) {
        std::vector<Key> keys;
        for (const Object* workload : world.all(kind)) keys.push_back(workload->key);
        if (keys.empty()) continue;
        const Owned owned(world);
        for (const Key& key : keys)
            if (Object* workload = world.find(key)) reconcile(world, owned, *workload);
    }
}

}  // namespace helix::simulated
