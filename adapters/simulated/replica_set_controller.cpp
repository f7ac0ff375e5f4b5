#include <algorithm>

#include "adapters/simulated/controllers.hpp"

namespace helix::simulated {
namespace {

/// Who goes first when there are too many: not bound, not running, not ready, then the youngest.
/// Source: kube-controller-manager, ActivePodsWithRanks.
bool goes_before(const Object* a, const Object* b) {
    const auto rank = [](const Object* pod) {
        const PodTruth& truth = *pod->pod;
        if (truth.seen.node.empty()) return 0;
        if (truth.seen.phase != cluster::PodPhase::Running) return 1;
        return truth.seen.ready ? 3 : 2;
    };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (a->pod->created_at != b->pod->created_at) return a->pod->created_at > b->pod->created_at;
    return a->key < b->key;
}

std::string free_pod_name(World& world, const Object& owner) {
    for (;;) {
        const std::string name = owner.key.name + "-" + world.name_tail();
        if (world.find(Key{"Pod", owner.key.ns, name}) == nullptr) return name;
    }
}

}  // namespace

void reconcile_replica_set(World& world, const Owned& owned, Object& set) {
    PodCounts counts = count_pods(world, owned, set);
    const std::int64_t wanted = set.workload->replicas_asked;
    const std::int64_t have = std::ssize(counts.active);
    for (std::int64_t i = have; i < wanted; ++i)
        world.make_pod(set, free_pod_name(world, set), *set.workload->seen.shape);
    if (have > wanted) {
        std::sort(counts.active.begin(), counts.active.end(), goes_before);
        std::vector<Key> victims;
        for (std::int64_t i = 0; i < have - wanted; ++i)
            victims.push_back(counts.active[static_cast<std::size_t>(i)]->key);
        for (const Key& victim : victims) world.remove(victim);
    }
    report_status(world, set, std::max(have, wanted), wanted);
}

void reconcile_job(World& world, const Owned& owned, Object& job) {
    const PodCounts counts = count_pods(world, owned, job);
    WorkloadTruth& truth = *job.workload;
    truth.succeeded = std::max(truth.succeeded, counts.succeeded);
    const std::int64_t left = std::max<std::int64_t>(0, truth.completions - truth.succeeded);
    const std::int64_t wanted = truth.seen.paused ? 0 : std::min(truth.replicas_asked, left);
    const std::int64_t have = std::ssize(counts.active);
    for (std::int64_t i = have; i < wanted; ++i) world.make_pod(job, free_pod_name(world, job), *truth.seen.shape);
    std::vector<Key> victims;
    for (std::int64_t i = wanted; i < have; ++i) victims.push_back(counts.active[static_cast<std::size_t>(i)]->key);
    for (const Key& victim : victims) world.remove(victim);
    report_status(world, job, 0, wanted);
}

}  // namespace helix::simulated
