#include "domain/cluster/state.hpp"

#include <algorithm>

namespace helix::cluster {

namespace {

Result<Floor> floor_of(const Node& node) {
    return node.floor_pct ? parse_floor(*node.floor_pct) : Floor{};
}

}  // namespace

State::State() = default;

NodeId State::find_node(std::string_view name) const {
    const auto found = node_index_.find(std::string(name));
    return found == node_index_.end() ? kNone : found->second;
}

void State::upsert(const Node& node) {
    ++version_;
    NodeId id = find_node(node.name);
    const bool fresh = id == kNone;
    if (fresh) {
        if (free_nodes_.empty()) {
            id = static_cast<NodeId>(nodes_.size());
            nodes_.emplace_back();
            rows_.grow();
            node_marks_.emplace_back();
            pods_on_.emplace_back();
        } else {
            id = free_nodes_.back();
            free_nodes_.pop_back();
        }
        node_index_.emplace(node.name, id);
    }
    Node& kept = nodes_[id];
    if (fresh || kept.labels != node.labels || kept.taints != node.taints || kept.unschedulable != node.unschedulable ||
        kept.ready != node.ready)
        ++topology_version_;
    const Result<Floor> floor = floor_of(node);
    if (fresh || kept.floor_pct != node.floor_pct) rows_.set_facts(id, {node.name, floor ? *floor : Floor{}});
    rows_.change(id, [&](UnitRow& row) {
        row.live = true;
        row.free += node.allocatable;
        if (!fresh) row.free -= kept.allocatable;
        row.capacity = node.allocatable.memory;
        row.plain = node.ready && !node.unschedulable && node.taints.empty();
        row.floor_readable = floor.ok();
        row.limit = most_used(row.capacity, rows_.facts(id).floor);
    });
    kept = node;
    node_marks_[id] = mark_;

    if (!fresh) return;
    const auto waiting = waiting_for_node_.find(node.name);
    if (waiting == waiting_for_node_.end()) return;
    const std::vector<PodId> arrived = std::move(waiting->second);
    waiting_for_node_.erase(waiting);
    for (const PodId pod : arrived) bind(pod, node.name);
}

void State::drop_node(NodeId id) {
    ++version_;
    ++topology_version_;
    const std::string name = nodes_[id].name;
    const std::vector<PodId> orphaned = pods_on_[id];
    node_index_.erase(name);
    rows_.change(id, [](UnitRow& row) { row = UnitRow{}; });
    rows_.set_facts(id, {});
    nodes_[id] = Node{};
    pods_on_[id].clear();
    free_nodes_.push_back(id);
    for (const PodId pod : orphaned) {
        pods_[pod].place_in_node = kNone;
        pods_[pod].node = kNone;
        waiting_for_node_[name].push_back(pod);
        refresh_visibility(pod);
    }
}

void State::erase_node(std::string_view name) {
    if (const NodeId id = find_node(name); id != kNone) drop_node(id);
}

void State::finish_relist_nodes(std::uint32_t mark) {
    for (NodeId id = 0; id < rows_.size(); ++id)
        if (rows_[id].live && node_marks_[id] < mark) drop_node(id);
}

void State::set_node_usage(std::string_view name, Usage use) {
    const NodeId id = find_node(name);
    if (id == kNone || use.at <= rows_[id].scraped_at) return;
    ++version_;
    rows_.change(id, [&](UnitRow& row) {
        row.used = use.bytes;
        row.scraped_at = use.at;
    });
    for (const PodId pod : pods_on_[id]) refresh_visibility(pod);
}

void State::set_pod_usage(std::string_view ns, std::string_view name, Usage use) {
    const PodId id = find_pod(ns, name);
    if (id == kNone || use.at <= pods_[id].use.at) return;
    ++version_;
    PodSlot& pod = pods_[id];
    if (pod.first_sample_at == 0) pod.first_sample_at = use.at;
    pod.use = use;
    pod.peak = std::max(pod.peak, use.bytes);
    if (pod.owner != kNone && pod.sampled())
        workloads_[pod.owner].peak = std::max(workloads_[pod.owner].peak, pod.peak);
    refresh_visibility(id);
}

}  // namespace helix::cluster
