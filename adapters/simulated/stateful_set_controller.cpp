#include <algorithm>
#include <map>

#include "adapters/simulated/controllers.hpp"

namespace helix::simulated {
namespace {

struct Ordinals {
    std::map<std::int64_t, Object*> pods;  ///< terminating and finished ones too: they hold the name
    bool all_ready = true;                 ///< of those that are there
};

Ordinals ordinals(World& world, const Owned& owned, const Object& set) {
    Ordinals found;
    for (const Key& key : owned.of(set)) {
        Object* pod = world.find(key);
        if (pod == nullptr || !pod->pod) continue;
        found.pods[pod->pod->ordinal] = pod;
        found.all_ready = found.all_ready && pod->pod->seen.ready && !pod->pod->seen.terminating;
    }
    return found;
}

void make(World& world, const Object& set, std::int64_t ordinal) {
    const std::string name = set.key.name + "-" + std::to_string(ordinal);
    if (world.find(Key{"Pod", set.key.ns, name}) != nullptr) return;  // a stranger has the name
    world.make_pod(set, name, *set.workload->seen.shape).pod->ordinal = ordinal;
}

/// Makes the missing ones; in order unless parallel. True when something is still on its way.
bool fill(World& world, const Object& set, const Ordinals& found) {
    const WorkloadTruth& truth = *set.workload;
    for (std::int64_t ordinal = 0; ordinal < truth.replicas_asked; ++ordinal) {
        const auto at = found.pods.find(ordinal);
        if (at == found.pods.end()) {
            make(world, set, ordinal);
            if (!truth.parallel) return true;
        } else if (!truth.parallel && (!at->second->pod->seen.ready || at->second->pod->seen.terminating)) {
            return true;
        }
    }
    return false;
}

/// Takes away those beyond the count, highest first; one at a time unless parallel. True while some are left.
bool shrink(World& world, const Object& set, const Ordinals& found) {
    bool left = false;
    std::vector<Key> victims;
    for (auto at = found.pods.rbegin(); at != found.pods.rend() && at->first >= set.workload->replicas_asked; ++at) {
        left = true;
        if (!at->second->pod->seen.terminating) victims.push_back(at->second->key);
        if (!set.workload->parallel) break;
    }
    for (const Key& victim : victims) world.remove(victim);
    return left;
}

/// Deletes the highest pod of the old template, once all the others are ready.
void update(World& world, const Object& set, const Ordinals& found) {
    const WorkloadTruth& truth = *set.workload;
    if (truth.seen.rollout == cluster::Rollout::OnDelete) return;
    for (auto at = found.pods.rbegin(); at != found.pods.rend() && at->first >= truth.seen.partition; ++at) {
        const cluster::Pod& pod = at->second->pod->seen;
        if (pod.template_hash != truth.template_hash && !pod.terminating) return world.remove(Key(at->second->key));
        if (!pod.ready || pod.terminating) return;
    }
}

}  // namespace

void reconcile_stateful_set(World& world, const Owned& owned, Object& set) {
    const Ordinals found = ordinals(world, owned, set);
    std::int64_t updated = 0;
    for (const auto& [ordinal, pod] : found.pods)
        if (pod->pod->seen.template_hash == set.workload->template_hash && !pod->pod->seen.terminating) ++updated;
    const bool filling = fill(world, set, found);
    const bool busy = (filling && !set.workload->parallel) || shrink(world, set, found);
    if (!busy) update(world, set, found);
    report_status(world, set, updated, set.workload->replicas_asked);
}

}  // namespace helix::simulated
