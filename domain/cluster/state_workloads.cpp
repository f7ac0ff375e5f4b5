#include <algorithm>

#include "domain/cluster/state.hpp"

namespace helix::cluster {
namespace {

/// Owner references form a tree of a few levels; a longer chain is a loop that somebody made by hand.
constexpr int kOwnerDepthMax = 8;

std::string workload_key(std::string_view kind, std::string_view ns, std::string_view name) {
    return std::string(kind).append(1, '/').append(ns).append(1, '/').append(name);
}

}  // namespace

WorkloadId State::find_workload(WorkloadKind kind, std::string_view ns, std::string_view name) const {
    const auto found = workload_by_name_.find(workload_key(to_string(kind), ns, name));
    return found == workload_by_name_.end() ? kNone : found->second;
}

WorkloadId State::root_of_workload(WorkloadId id) const {
    for (int depth = 0; depth < kOwnerDepthMax; ++depth) {
        const WorkloadId parent = workloads_[id].parent;
        // An owner not mirrored makes its pods through this one, and its wishes are not known.
        if (parent == kNone || (workloads_[id].known && !workloads_[parent].known)) break;
        id = parent;
    }
    return id;
}

/// The slot of an owner named by a reference; made when the owner itself has not been seen yet.
WorkloadId State::workload_slot(const OwnerRef& owner, std::string_view ns) {
    const auto found = workload_by_uid_.find(owner.uid);
    if (found != workload_by_uid_.end()) return found->second;
    WorkloadId id = kNone;
    if (free_workloads_.empty()) {
        id = static_cast<WorkloadId>(workloads_.size());
        workloads_.emplace_back();
    } else {
        id = free_workloads_.back();
        free_workloads_.pop_back();
    }
    WorkloadSlot& slot = workloads_[id];
    slot = WorkloadSlot{};
    slot.live = true;
    slot.workload.kind = workload_kind(owner.kind);
    slot.workload.ns = ns;
    slot.workload.name = owner.name;
    slot.workload.uid = owner.uid;
    workload_by_uid_.emplace(owner.uid, id);
    return id;
}

void State::set_parent(WorkloadId id, WorkloadId parent) {
    const WorkloadId former = workloads_[id].parent;
    if (former == parent) return;
    if (former != kNone) {
        auto& siblings = workloads_[former].children;
        siblings.erase(std::remove(siblings.begin(), siblings.end(), id), siblings.end());
        release_if_unused(former);
    }
    workloads_[id].parent = parent;
    if (parent == kNone) return;
    workloads_[parent].children.push_back(id);
    in_flux_.erase(id);
}

void State::upsert(const Workload& workload) {
    ++version_;
    const std::string key = workload_key(to_string(workload.kind), workload.ns, workload.name);
    if (const auto named = workload_by_name_.find(key);
        named != workload_by_name_.end() && workloads_[named->second].workload.uid != workload.uid)
        drop_workload(named->second);  // the same name again: another object
    const WorkloadId id =
        workload_slot(OwnerRef{std::string(to_string(workload.kind)), workload.name, workload.uid}, workload.ns);
    workload_by_name_.insert_or_assign(key, id);
    workloads_[id].workload = workload;
    workloads_[id].known = true;
    // While it rolls no template is settled: going back to the former one half-way is a rollout as well.
    workloads_[id].settled_digest = workloads_[id].rolling() ? 0 : workload.template_digest;
    workloads_[id].mark = mark_;
    set_parent(id, workload.controller ? workload_slot(*workload.controller, workload.ns) : kNone);
    for (const WorkloadId child : workloads_[id].children) refresh_flux(child);
    refresh_flux(root_of_workload(id));
}

/// Forgets the object; its slot lives on while a pod or a ReplicaSet still names it as its owner.
void State::drop_workload(WorkloadId id) {
    ++version_;
    WorkloadSlot& slot = workloads_[id];
    workload_by_name_.erase(workload_key(to_string(slot.workload.kind), slot.workload.ns, slot.workload.name));
    slot.known = false;
    in_flux_.erase(id);
    set_parent(id, kNone);
    for (const WorkloadId child : workloads_[id].children) refresh_flux(child);
    release_if_unused(id);
}

void State::release_if_unused(WorkloadId id) {
    WorkloadSlot& slot = workloads_[id];
    if (!slot.live || slot.known || !slot.pods.empty() || !slot.children.empty()) return;
    in_flux_.erase(id);
    workload_by_uid_.erase(slot.workload.uid);
    slot = WorkloadSlot{};
    free_workloads_.push_back(id);
}

void State::erase_workload(WorkloadKind kind, std::string_view ns, std::string_view name) {
    if (const WorkloadId id = find_workload(kind, ns, name); id != kNone) drop_workload(id);
}

void State::finish_relist_workloads(WorkloadKind kind, std::uint32_t mark) {
    for (WorkloadId id = 0; id < workloads_.size(); ++id) {
        const WorkloadSlot& slot = workloads_[id];
        if (slot.live && slot.known && slot.workload.kind == kind && slot.mark < mark) drop_workload(id);
    }
}

void State::collect_pods(WorkloadId id, int depth, std::vector<PodId>& into) const {
    const WorkloadSlot& slot = workloads_[id];
    into.insert(into.end(), slot.pods.begin(), slot.pods.end());
    if (depth == kOwnerDepthMax) return;
    for (const WorkloadId child : slot.children) collect_pods(child, depth + 1, into);
}

std::vector<PodId> State::pods_under(WorkloadId root) const {
    std::vector<PodId> pods;
    collect_pods(root, 0, pods);
    return pods;
}

std::int64_t State::counted_under(WorkloadId root) const {
    std::int64_t counted = workloads_[root].counted;
    for (const WorkloadId child : workloads_[root].children) counted += workloads_[child].counted;
    return counted;
}

Bytes State::peak_under(WorkloadId id, int depth) const {
    Bytes peak = workloads_[id].peak;
    if (depth == kOwnerDepthMax) return peak;
    for (const WorkloadId child : workloads_[id].children) peak = std::max(peak, peak_under(child, depth + 1));
    return peak;
}

std::optional<Bytes> State::highest_use(WorkloadId root) const {
    const Bytes peak = peak_under(root, 0);
    return peak < 0 ? std::nullopt : std::optional(peak);
}

bool WorkloadSlot::rolling() const {
    const bool versioned = workload.kind == WorkloadKind::Deployment || workload.kind == WorkloadKind::StatefulSet ||
                           workload.kind == WorkloadKind::DaemonSet;
    if (!versioned || workload.rollout == Rollout::OnDelete || workload.template_digest == settled_digest) return false;
    return workload.generation != workload.observed_generation || workload.updated < workload.desired;
}

bool State::fluctuates(WorkloadId root) const {
    const WorkloadSlot& slot = workloads_[root];
    const Workload& workload = slot.workload;
    if (!slot.known || workload.deleting) return false;
    return slot.rolling() || counted_under(root) != workload.desired;
}

void State::refresh_flux(WorkloadId id) {
    if (!workloads_[id].live) return;
    if (root_of_workload(id) == id && fluctuates(id)) {
        in_flux_.insert(id);
    } else {
        in_flux_.erase(id);
    }
}

}  // namespace helix::cluster
