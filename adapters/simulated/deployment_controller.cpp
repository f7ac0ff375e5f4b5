#include <algorithm>

#include "adapters/simulated/controllers.hpp"
#include "adapters/simulated/interpret.hpp"

namespace helix::simulated {
namespace {

/// Empty ReplicaSets of former templates that a Deployment keeps.
constexpr std::size_t kHistory = 2;

struct ReplicaSets {
    Object* current = nullptr;
    std::vector<Object*> former;
    std::int64_t asked = 0;  ///< replicas of all of them
};

/// Sets a ReplicaSet's replicas, as a write of its spec.
void resize(World& world, Object& set, std::int64_t replicas) {
    if (set.workload->replicas_asked == replicas) return;
    set.manifest["spec"]["replicas"] = replicas;
    set.workload->replicas_asked = replicas;
    set.workload->seen.desired = replicas;
    set.workload->seen.generation = ++set.generation;
    world.touch(set);
}

ReplicaSets replica_sets(World& world, const Owned& owned, const Object& deployment) {
    ReplicaSets sets;
    for (const Key& key : owned.of(deployment)) {
        Object* set = world.find(key);
        if (set == nullptr || key.kind != "ReplicaSet") continue;
        sets.asked += set->workload->replicas_asked;
        if (set->workload->template_hash == deployment.workload->template_hash) {
            sets.current = set;
        } else {
            sets.former.push_back(set);
        }
    }
    std::sort(sets.former.begin(), sets.former.end(),
              [](const Object* a, const Object* b) { return a->uid < b->uid; });  // oldest first
    return sets;
}

void make_current(World& world, const Object& deployment) {
    const std::string& hash = deployment.workload->template_hash;
    const Json& spec = deployment.manifest.at("spec");
    Json made{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
    made["metadata"] = {{"name", deployment.key.name + "-" + hash},
                        {"namespace", deployment.key.ns},
                        {"annotations", deployment.manifest.at("metadata").value("annotations", Json::object())},
                        {"ownerReferences", Json::array({owner_reference(deployment)})}};
    made["spec"] = {
        {"replicas", 0}, {"selector", spec.value("selector", Json::object())}, {"template", spec.at("template")}};
    made["spec"]["selector"]["matchLabels"]["pod-template-hash"] = hash;
    made["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = hash;
    made["metadata"]["labels"] = made["spec"]["template"]["metadata"]["labels"];
    const Key key{"ReplicaSet", deployment.key.ns, deployment.key.name + "-" + hash};
    (void)world.put(key, std::move(made));  // its parts come from a Deployment that was read
}

/// Takes old pods away as far as the strategy lets: those not available first, then what availability allows.
/// Source: kube-controller-manager, deployment/rolling.go.
void scale_down_former(World& world, const Owned& owned, const ReplicaSets& sets, std::int64_t min_available) {
    const PodCounts current = count_pods(world, owned, *sets.current);
    const std::int64_t current_unavailable = sets.current->workload->replicas_asked - current.available;
    std::int64_t may_go = sets.asked - min_available - current_unavailable;
    std::int64_t available = current.available;
    for (Object* set : sets.former) available += count_pods(world, owned, *set).available;
    for (Object* set : sets.former) {
        const std::int64_t asked = set->workload->replicas_asked;
        const std::int64_t unhealthy = asked - count_pods(world, owned, *set).available;
        const std::int64_t going = std::clamp<std::int64_t>(std::min(may_go, unhealthy), 0, asked);
        resize(world, *set, asked - going);
        may_go -= going;
    }
    std::int64_t spare = available - min_available;
    for (Object* set : sets.former) {
        const std::int64_t asked = set->workload->replicas_asked;
        const std::int64_t going = std::clamp<std::int64_t>(spare, 0, asked);
        resize(world, *set, asked - going);
        spare -= going;
    }
}

void roll(World& world, const Owned& owned, const Object& deployment, const ReplicaSets& sets) {
    const WorkloadTruth& truth = *deployment.workload;
    const std::int64_t desired = truth.replicas_asked;
    const std::int64_t surge = truth.max_surge.of(desired, true);
    std::int64_t unavailable = std::min(desired, truth.max_unavailable.of(desired, false));
    if (surge == 0 && unavailable == 0) unavailable = 1;  // else nothing could ever move
    const std::int64_t now = sets.current->workload->replicas_asked;
    const std::int64_t room = desired + surge - sets.asked;
    if (now > desired) {
        resize(world, *sets.current, desired);
    } else if (now < desired && room > 0) {
        resize(world, *sets.current, now + std::min(room, desired - now));
    } else if (!sets.former.empty()) {
        scale_down_former(world, owned, sets, desired - unavailable);
    }
}

/// Old pods first, all of them and to the last byte; then the new ones.
void recreate(World& world, const Owned& owned, const Object& deployment, const ReplicaSets& sets) {
    bool old_left = false;
    for (Object* set : sets.former) {
        resize(world, *set, 0);
        const PodCounts counts = count_pods(world, owned, *set);
        old_left = old_left || !counts.active.empty() || counts.terminating > 0;
    }
    if (!old_left) resize(world, *sets.current, deployment.workload->replicas_asked);
}

void forget_history(World& world, const Owned& owned, const ReplicaSets& sets) {
    std::vector<Key> empty;
    for (const Object* set : sets.former)
        if (set->workload->replicas_asked == 0 && owned.of(*set).empty()) empty.push_back(set->key);
    for (std::size_t i = 0; i + kHistory < empty.size(); ++i) world.erase(empty[i]);
}

}  // namespace

void reconcile_deployment(World& world, const Owned& owned, Object& deployment) {
    const WorkloadTruth& truth = *deployment.workload;
    const std::int64_t desired = truth.replicas_asked;
    const ReplicaSets sets = replica_sets(world, owned, deployment);
    if (sets.current == nullptr && !truth.seen.paused) return make_current(world, deployment);  // next round goes on
    if (truth.seen.paused) {
        Object* newest = sets.current;
        if (newest == nullptr && !sets.former.empty()) newest = sets.former.back();
        if (newest != nullptr)
            resize(world, *newest, std::max<std::int64_t>(0, newest->workload->replicas_asked + desired - sets.asked));
    } else if (truth.seen.rollout == cluster::Rollout::OldFirst) {
        recreate(world, owned, deployment, sets);
    } else {
        roll(world, owned, deployment, sets);
    }
    const std::int64_t updated =
        sets.current == nullptr ? 0 : std::ssize(count_pods(world, owned, *sets.current).active);
    report_status(world, deployment, updated, desired);
    forget_history(world, owned, sets);
}

}  // namespace helix::simulated
