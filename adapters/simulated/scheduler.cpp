#include "adapters/simulated/scheduler.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "domain/cluster/floor.hpp"
#include "domain/cluster/placement.hpp"

namespace helix::simulated {
namespace {

using cluster::Amounts;
using cluster::PodPhase;
using cluster::PodShape;

constexpr const char* kHostname = "kubernetes.io/hostname";

bool holds_resources(const PodTruth& pod) {
    return !pod.seen.node.empty() && pod.seen.phase != PodPhase::Succeeded && pod.seen.phase != PodPhase::Failed;
}

bool fits(const Amounts& free, const PodShape& shape) {
    const Amounts& asked = shape.request;
    return asked.pods <= free.pods && (asked.memory == 0 || asked.memory <= free.memory) &&
           (asked.cpu_milli == 0 || asked.cpu_milli <= free.cpu_milli);
}

/// What is left on each node of what its pods have not requested.
std::map<std::string, Amounts> free_amounts(const World& world) {
    std::map<std::string, Amounts> free;
    for (const Object* node : world.all("Node")) free[node->key.name] = node->node->allocatable;
    for (const Object* pod : world.all("Pod")) {
        const auto place = free.find(pod->pod->seen.node);
        if (place != free.end() && holds_resources(*pod->pod)) place->second -= pod->pod->seen.shape->request;
    }
    return free;
}

/// Whether one more pod on `node` keeps the skew that `spread` allows.
/// Source: kube-scheduler plugin PodTopologySpread, for the key kubernetes.io/hostname.
bool keeps_spread(const World& world, const Object& pod, const cluster::HostnameSpread& spread, const Object& node) {
    if (cluster::find_label(node.node->labels, kHostname) == nullptr) return false;
    const PodShape& shape = *pod.pod->seen.shape;
    std::map<std::string, std::int64_t> counts;
    for (const Object* domain : world.all("Node")) {
        if (cluster::find_label(domain->node->labels, kHostname) == nullptr) continue;
        if (spread.honor_affinity && !cluster::selects(shape, *domain->node)) continue;
        const bool bears =
            std::all_of(domain->node->taints.begin(), domain->node->taints.end(), [&](const auto& taint) {
                return taint.effect == cluster::TaintEffect::PreferNoSchedule ||
                       cluster::tolerates(shape.tolerations, taint);
            });
        if (spread.honor_taints && !bears) continue;
        counts[domain->key.name] = 0;
    }
    for (const Object* other : world.all("Pod")) {
        const PodTruth& truth = *other->pod;
        const auto place = counts.find(truth.seen.node);
        if (place == counts.end() || other->key.ns != pod.key.ns || truth.seen.terminating) continue;
        if (cluster::matches(spread.pod_selector, truth.labels, other->key.name)) ++place->second;
    }
    std::int64_t fewest = counts.empty() ? 0 : std::numeric_limits<std::int64_t>::max();
    for (const auto& [name, count] : counts) fewest = std::min(fewest, count);
    if (std::ssize(counts) < spread.min_domains) fewest = 0;
    const bool counts_itself = cluster::matches(spread.pod_selector, pod.pod->labels, pod.key.name);
    const auto here = counts.find(node.key.name);
    const std::int64_t there = here == counts.end() ? 0 : here->second;
    return there + (counts_itself ? 1 : 0) - fewest <= spread.max_skew;
}

bool passes_filters(const World& world, const Object& pod, const Object& node) {
    const PodShape& shape = *pod.pod->seen.shape;
    if (cluster::excluded(shape, *node.node) != cluster::Exclusion::None) return false;
    return std::all_of(shape.spreads.begin(), shape.spreads.end(),
                       [&](const auto& spread) { return keeps_spread(world, pod, spread, node); });
}

std::vector<const Object*> feasible(const World& world, const Object& pod, const std::map<std::string, Amounts>& free) {
    std::vector<const Object*> found;
    for (const Object* node : world.all("Node"))
        if (fits(free.at(node->key.name), *pod.pod->seen.shape) && passes_filters(world, pod, *node))
            found.push_back(node);
    return found;
}

/// Millionths of the node's memory and CPU that are left, averaged.
std::int64_t left_ppm(const Object& node, const Amounts& free) {
    const Amounts& whole = node.node->allocatable;
    const auto share = [](std::int64_t part, std::int64_t all) { return all <= 0 ? 0 : part * 1000 / all * 1000; };
    return (share(free.memory, whole.memory) + share(free.cpu_milli, whole.cpu_milli)) / 2;
}

/// Bytes between the node's use at its worst and its floor, this pod included.
Bytes headroom_after(const World& world, const Object& pod, const Object& node) {
    cluster::Floor floor;
    if (node.node->floor_pct)
        if (const auto own = cluster::parse_floor(*node.node->floor_pct)) floor = *own;
    const Bytes limit = cluster::most_used(node.node->allocatable.memory, floor);
    return limit - world.node_use_max(node.key.name) - pod.pod->peak;
}

const Object* choose(World& world, const Object& pod, const std::vector<const Object*>& nodes,
                     const std::map<std::string, Amounts>& free) {
    const Policy policy = world.options().policy;
    if (policy == Policy::Random)
        return nodes[static_cast<std::size_t>(world.scheduler_random().between(0, std::ssize(nodes) - 1))];
    const auto score = [&](const Object* node) {
        if (policy == Policy::Adversarial) return -headroom_after(world, pod, *node);
        const std::int64_t left = left_ppm(*node, free.at(node->key.name));
        return policy == Policy::MostAllocated ? -left : left;
    };
    const Object* best = nodes.front();
    std::int64_t best_score = score(best);
    for (const Object* node : nodes) {
        const std::int64_t own = score(node);
        if (own > best_score) best = node, best_score = own;
    }
    return best;
}

/// Deletes pods of lower priority from the first node where that makes room. False when nothing was deleted.
bool preempt(World& world, const Object& pod) {
    const PodShape& shape = *pod.pod->seen.shape;
    if (!shape.preempts || shape.priority <= 0) return false;
    const auto free = free_amounts(world);
    for (Object* node : world.all("Node")) {
        if (!passes_filters(world, pod, *node)) continue;
        std::vector<Object*> lower;
        for (Object* other : world.all("Pod"))
            if (other->pod->seen.node == node->key.name && holds_resources(*other->pod) &&
                other->pod->seen.shape->priority < shape.priority)
                lower.push_back(other);
        std::stable_sort(lower.begin(), lower.end(), [](const Object* a, const Object* b) {
            return a->pod->seen.shape->priority < b->pod->seen.shape->priority;
        });
        Amounts room = free.at(node->key.name);
        std::vector<Key> victims;
        for (const Object* other : lower) {
            if (fits(room, shape)) break;
            room += other->pod->seen.shape->request;
            victims.push_back(other->key);
        }
        if (victims.empty() || !fits(room, shape)) continue;
        const std::int64_t before = world.resource_version();
        for (const Key& victim : victims) world.remove(victim);
        return world.resource_version() != before;  // unchanged: they are on their way out already
    }
    return false;
}

std::vector<Object*> queue(World& world) {
    std::vector<Object*> waiting;
    for (Object* pod : world.all("Pod")) {
        const PodTruth& truth = *pod->pod;
        if (truth.seen.node.empty() && !truth.seen.terminating && truth.seen.phase == PodPhase::Pending)
            waiting.push_back(pod);
    }
    std::stable_sort(waiting.begin(), waiting.end(), [](const Object* a, const Object* b) {
        const int own = a->pod->seen.shape->priority;
        const int other = b->pod->seen.shape->priority;
        return own != other ? own > other : a->pod->created_at < b->pod->created_at;
    });
    return waiting;
}

}  // namespace

std::vector<std::string> feasible_nodes(const World& world, const Object& pod) {
    std::vector<std::string> names;
    for (const Object* node : feasible(world, pod, free_amounts(world))) names.push_back(node->key.name);
    return names;
}

void schedule_pending(World& world) {
    const std::vector<Object*> waiting = queue(world);
    if (waiting.empty()) return;
    auto free = free_amounts(world);
    for (Object* pod : waiting) {
        const auto nodes = feasible(world, *pod, free);
        if (!nodes.empty()) {
            const std::string chosen = choose(world, *pod, nodes, free)->key.name;
            free.at(chosen) -= pod->pod->seen.shape->request;
            world.bind(*pod, chosen);
        } else if (preempt(world, *pod)) {
            return;  // the objects may have moved: the next round goes on
        }
    }
}

}  // namespace helix::simulated
