#include <algorithm>
#include <map>

#include "adapters/simulated/controllers.hpp"
#include "domain/cluster/placement.hpp"

namespace helix::simulated {
namespace {

/// What the controller adds to each pod: taints of a node in trouble are borne, and one node alone is asked for.
cluster::PodShape shape_for(const cluster::PodShape& shape, const std::string& node) {
    cluster::PodShape bound = shape;
    const auto bear = [&](const char* key, cluster::TaintEffect effect) {
        const cluster::Toleration one{key, true, "", effect};
        if (std::find(bound.tolerations.begin(), bound.tolerations.end(), one) == bound.tolerations.end())
            bound.tolerations.push_back(one);
    };
    bear("node.kubernetes.io/not-ready", cluster::TaintEffect::NoExecute);
    bear("node.kubernetes.io/unreachable", cluster::TaintEffect::NoExecute);
    bear("node.kubernetes.io/disk-pressure", cluster::TaintEffect::NoSchedule);
    bear("node.kubernetes.io/memory-pressure", cluster::TaintEffect::NoSchedule);
    bear("node.kubernetes.io/pid-pressure", cluster::TaintEffect::NoSchedule);
    bear("node.kubernetes.io/unschedulable", cluster::TaintEffect::NoSchedule);
    const cluster::Requirement here{"metadata.name", cluster::Operator::In, {node}, true};
    for (cluster::SelectorTerm& term : bound.affinity)
        if (!term.empty()) term.push_back(here);  // an empty term matches nothing, and must go on doing so
    if (!bound.has_affinity) bound.affinity = {{here}};
    bound.has_affinity = true;
    return bound;
}

std::string wanted_node(const Object& pod) {
    for (const cluster::SelectorTerm& term : pod.pod->seen.shape->affinity)
        for (const cluster::Requirement& one : term)
            if (one.on_name && !one.values.empty()) return one.values.front();
    return pod.pod->seen.node;
}

}  // namespace

void reconcile_daemon_set(World& world, const Owned& owned, Object& set) {
    const WorkloadTruth& truth = *set.workload;
    std::map<std::string, Object*> present;
    for (const Key& key : owned.of(set))
        if (Object* pod = world.find(key); pod != nullptr && pod->pod) present[wanted_node(*pod)] = pod;

    std::vector<std::string> missing;
    std::vector<Key> gone;
    std::vector<Key> old;
    std::int64_t wanted = 0;
    std::int64_t updated = 0;
    std::int64_t unavailable = 0;
    for (const Object* node : world.all("Node")) {
        const cluster::PodShape shape = shape_for(*truth.seen.shape, node->key.name);
        const auto at = present.find(node->key.name);
        const bool belongs = cluster::excluded(shape, *node->node) == cluster::Exclusion::None;
        if (belongs) ++wanted;
        if (at == present.end()) {
            if (belongs) missing.push_back(node->key.name), ++unavailable;
            continue;
        }
        const cluster::Pod& pod = at->second->pod->seen;
        if (!cluster::selects(shape, *node->node) && !pod.terminating) gone.push_back(at->second->key);
        if (!pod.ready || pod.terminating) ++unavailable;
        if (pod.template_hash == truth.template_hash)
            ++updated;
        else if (!pod.terminating)
            old.push_back(at->second->key);
    }
    for (const std::string& node : missing)
        world.make_pod(set, set.key.name + "-" + world.name_tail(), shape_for(*truth.seen.shape, node));
    const std::int64_t may_miss = std::max<std::int64_t>(1, truth.max_unavailable.of(wanted, true));
    if (truth.seen.rollout != cluster::Rollout::OnDelete)
        for (const Key& key : old)
            if (unavailable++ < may_miss) gone.push_back(key);
    for (const Key& key : gone) world.remove(key);
    report_status(world, set, updated, wanted);
}

}  // namespace helix::simulated
