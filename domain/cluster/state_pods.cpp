#include <algorithm>

#include "domain/cluster/state.hpp"

namespace helix::cluster {
namespace {

/// A node's figure and its pods' figures come from one scrape, stamped up to this far apart.
constexpr Micros kSameScrape = 1'000'000;

std::string pod_key(std::string_view ns, std::string_view name) {
    std::string key;
    key.reserve(ns.size() + 1 + name.size());
    return key.append(ns).append(1, '/').append(name);
}

/// Removes `id` from `list` by moving the last one into its place; `place` tells where each one stands.
template <std::uint32_t PodSlot::*place>
void remove_from(std::vector<PodId>& list, std::vector<PodSlot>& pods, PodId id) {
    const std::uint32_t at = pods[id].*place;
    if (at == kNone) return;
    list[at] = list.back();
    pods[list[at]].*place = at;
    list.pop_back();
    pods[id].*place = kNone;
}

template <std::uint32_t PodSlot::*place>
void add_to(std::vector<PodId>& list, std::vector<PodSlot>& pods, PodId id) {
    if (pods[id].*place != kNone) return;
    pods[id].*place = static_cast<std::uint32_t>(list.size());
    list.push_back(id);
}

}  // namespace

std::uint32_t State::intern_namespace(std::string_view ns) {
    const auto found = namespace_index_.find(ns);
    if (found != namespace_index_.end()) return found->second;
    namespaces_.push_back(std::make_unique<std::string>(ns));
    const auto id = static_cast<std::uint32_t>(namespaces_.size() - 1);
    namespace_index_.emplace(*namespaces_.back(), id);
    return id;
}

PodId State::find_pod(std::string_view ns, std::string_view name) const {
    const auto found = pod_index_.find(pod_key(ns, name));
    return found == pod_index_.end() ? kNone : found->second;
}

PodId State::find_pod(std::string_view ns, std::string_view name, PodId likely) const {
    if (likely < pods_.size()) {
        const PodSlot& slot = pods_[likely];
        if (slot.live && slot.name == name && namespace_name(slot.ns) == ns) return likely;
    }
    return find_pod(ns, name);
}

PodId State::pod_slot(const Pod& pod) {
    PodId id = kNone;
    if (free_pods_.empty()) {
        id = static_cast<PodId>(pods_.size());
        pods_.emplace_back();
    } else {
        id = free_pods_.back();
        free_pods_.pop_back();
    }
    PodSlot& slot = pods_[id];
    slot = PodSlot{};
    slot.live = true;
    slot.name = pod.name;
    slot.uid = pod.uid;
    slot.ns = intern_namespace(pod.ns);
    pod_index_.emplace(pod_key(pod.ns, pod.name), id);
    return id;
}

void State::upsert(const Pod& pod) {
    ++version_;
    PodId id = find_pod(pod.ns, pod.name);
    if (id != kNone && pods_[id].uid != pod.uid) {  // the same name again: another pod
        drop_pod(id);
        id = kNone;
    }
    if (id == kNone) {
        id = pod_slot(pod);
    } else {
        detach(id);
    }
    PodSlot& slot = pods_[id];
    const PodShape* old_shape = slot.shape;
    slot.shape = shapes_.acquire(pod.shape ? *pod.shape : PodShape{});
    shapes_.release(old_shape);
    slot.template_hash = pod.template_hash;
    slot.phase = pod.phase;
    slot.terminating = pod.terminating;
    slot.ready = pod.ready;
    slot.mirror = pod.mirror;
    slot.bound = !pod.node.empty();
    slot.mark = mark_;
    const WorkloadId owner = pod.controller ? workload_slot(*pod.controller, pod.ns) : kNone;
    if (owner != slot.owner) {
        const WorkloadId former = slot.owner;
        if (former != kNone) {
            remove_from<&PodSlot::place_in_owner>(workloads_[former].pods, pods_, id);
            refresh_flux(root_of_workload(former));
            release_if_unused(former);
        }
        pods_[id].owner = owner;
    }
    if (owner != kNone) add_to<&PodSlot::place_in_owner>(workloads_[owner].pods, pods_, id);
    if (pods_[id].bound) bind(id, pod.node);
    attach(id);
}

/// Puts a bound pod on its node, or lets it wait for a node not yet seen.
void State::bind(PodId id, std::string_view node) {
    if (pods_[id].node != kNone) return;
    const NodeId place = find_node(node);
    if (place == kNone) {
        auto& waiting = waiting_for_node_[std::string(node)];
        if (std::find(waiting.begin(), waiting.end(), id) == waiting.end()) waiting.push_back(id);
        return;
    }
    pods_[id].node = place;
    add_to<&PodSlot::place_in_node>(pods_on_[place], pods_, id);
    if (pods_[id].active()) rows_.change(place, [&](UnitRow& row) { row.free -= pods_[id].shape->request; });
    refresh_visibility(id);
}

/// Takes the pod's share out of every sum, so that its fields may change.
void State::detach(PodId id) {
    PodSlot& pod = pods_[id];
    if (pod.owner != kNone && pod.counted()) --workloads_[pod.owner].counted;
    take_from_peak(id);
    if (pod.node != kNone) {
        if (pod.active()) rows_.change(pod.node, [&](UnitRow& row) { row.free += pod.shape->request; });
        remove_from<&PodSlot::place_in_node>(pods_on_[pod.node], pods_, id);
        pod.node = kNone;
    }
    remove_from<&PodSlot::place_in_pending>(pending_, pods_, id);
    remove_from<&PodSlot::place_in_unseen>(unseen_, pods_, id);
    remove_from<&PodSlot::place_in_terminating>(terminating_, pods_, id);
}

/// Puts the pod's share into the sums that do not depend on its node.
void State::attach(PodId id) {
    const PodSlot& pod = pods_[id];
    if (pod.active() && !pod.bound && !pod.terminating) add_to<&PodSlot::place_in_pending>(pending_, pods_, id);
    if (pod.active() && pod.bound && pod.terminating) add_to<&PodSlot::place_in_terminating>(terminating_, pods_, id);
    refresh_visibility(id);
    if (pod.owner == kNone) return;
    if (pod.counted()) ++workloads_[pod.owner].counted;
    if (pod.sampled()) workloads_[pod.owner].peak = std::max(workloads_[pod.owner].peak, pod.peak);
    refresh_flux(root_of_workload(pod.owner));
}

/// Only the pod with the highest sample makes its siblings be looked at.
void State::take_from_peak(PodId id) {
    const PodSlot& pod = pods_[id];
    if (pod.owner == kNone || !pod.sampled() || pod.peak < workloads_[pod.owner].peak) return;
    WorkloadSlot& owner = workloads_[pod.owner];
    owner.peak = -1;
    for (const PodId other : owner.pods)
        if (other != id && pods_[other].sampled()) owner.peak = std::max(owner.peak, pods_[other].peak);
}

void State::refresh_visibility(PodId id) {
    const PodSlot& pod = pods_[id];
    const bool holds = pod.active() && pod.node != kNone;
    const bool seen = pod.first_sample_at != 0 && pod.node != kNone &&
                      rows_[pod.node].scraped_at + kSameScrape >= pod.first_sample_at;
    if (holds && !seen) {
        add_to<&PodSlot::place_in_unseen>(unseen_, pods_, id);
    } else {
        remove_from<&PodSlot::place_in_unseen>(unseen_, pods_, id);
    }
}

void State::drop_pod(PodId id) {
    ++version_;
    detach(id);
    PodSlot& pod = pods_[id];
    const WorkloadId owner = pod.owner;
    if (owner != kNone) remove_from<&PodSlot::place_in_owner>(workloads_[owner].pods, pods_, id);
    for (auto at = waiting_for_node_.begin(); pod.bound && at != waiting_for_node_.end();) {
        auto& waiting = at->second;
        waiting.erase(std::remove(waiting.begin(), waiting.end(), id), waiting.end());
        at = waiting.empty() ? waiting_for_node_.erase(at) : std::next(at);
    }
    pod_index_.erase(pod_key(namespace_name(pod.ns), pod.name));
    shapes_.release(pod.shape);
    pods_[id] = PodSlot{};
    free_pods_.push_back(id);
    if (owner == kNone) return;
    refresh_flux(root_of_workload(owner));
    release_if_unused(owner);
}

void State::erase_pod(std::string_view ns, std::string_view name) {
    if (const PodId id = find_pod(ns, name); id != kNone) drop_pod(id);
}

void State::finish_relist_pods(std::uint32_t mark) {
    for (PodId id = 0; id < pods_.size(); ++id)
        if (pods_[id].live && pods_[id].mark < mark) drop_pod(id);
}

WorkloadId State::root_of(PodId id) const {
    const WorkloadId owner = pods_[id].owner;
    return owner == kNone ? kNone : root_of_workload(owner);
}

}  // namespace helix::cluster
