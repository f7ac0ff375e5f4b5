#include "domain/gate/landscape.hpp"

#include <algorithm>
#include <tuple>

#include "domain/cluster/placement.hpp"
#include "domain/gate/spread.hpp"

namespace helix::gate {
namespace {

using cluster::kNone;
using cluster::Node;
using cluster::NodeId;
using cluster::PodId;
using cluster::State;

/// The bound of each row where the scheduler's filters, resources aside, let the group land.
std::vector<std::int64_t> filtered(const State& state, const PodGroup& group) {
    const cluster::UnitTable& rows = state.rows();
    const std::int64_t bound = std::min(group.count, group.per_node_most);
    std::vector<std::int64_t> most(rows.size(), 0);
    const cluster::PodShape& shape = *group.shape;
    const bool free_choice =
        shape.node_name.empty() && shape.default_scheduler && shape.node_selector.empty() && !shape.has_affinity;
    for (NodeId id = 0; id < rows.size(); ++id) {
        if (free_choice && id % cluster::UnitTable::kPageRows == 0 && rows.plain_page(id)) {
            std::fill_n(most.begin() + id, cluster::UnitTable::kPageRows, bound);
            id += cluster::UnitTable::kPageRows - 1;
            continue;
        }
        const cluster::UnitRow& row = rows[id];
        if (!row.live) continue;
        if ((free_choice && row.plain) || cluster::excluded(shape, state.node(id)) == cluster::Exclusion::None)
            most[id] = bound;
    }
    return most;
}

void apply_node_changes(const State& state, const Effect& effect, const PodGroup& group,
                        std::vector<std::int64_t>& most) {
    const auto set = [&](const std::string& name, bool takes) {
        const NodeId id = state.find_node(name);
        if (id != kNone) most[id] = takes ? std::min(group.count, group.per_node_most) : 0;
    };
    for (const Node& node : effect.changed_nodes)
        set(node.name, cluster::excluded(*group.shape, node) == cluster::Exclusion::None);
    for (const std::string& name : effect.cordoned) {
        const NodeId id = state.find_node(name);
        if (id == kNone || most[id] == 0) continue;
        const auto changed = std::find_if(effect.changed_nodes.rbegin(), effect.changed_nodes.rend(),
                                          [&](const Node& node) { return node.name == name; });
        Node cordoned = changed == effect.changed_nodes.rend() ? state.node(id) : *changed;
        cordoned.unschedulable = true;
        set(name, cluster::excluded(*group.shape, cordoned) == cluster::Exclusion::None);
    }
    for (const std::string& name : effect.removed_nodes) set(name, false);
}

std::vector<Bytes> sum_unseen(const State& state) {
    std::vector<Bytes> unseen(state.rows().size(), 0);
    for (const PodId id : state.unseen()) {
        const cluster::PodSlot& pod = state.pod(id);
        const cluster::WorkloadId root = state.root_of(id);
        const auto each = estimate(*pod.shape, root == kNone ? std::nullopt : state.highest_use(root));
        Bytes& sum = unseen[pod.node];
        if (!each && pod.first_sample_at != 0) {
            sum = sum < 0 ? sum : sum + pod.use.bytes;
        } else if (!each || sum < 0) {
            sum = -1;
        } else {
            sum += *each;
        }
    }
    return unseen;
}

/// Whether every pod of the group finds room now, wherever the scheduler puts the others.
bool all_find_room(const State& state, const PodGroup& group, const std::vector<std::int64_t>& most) {
    std::int64_t bound = 0;
    std::int64_t room = 0;
    for (NodeId id = 0; id < most.size(); ++id) {
        bound += most[id];
        room += fitting(state.rows()[id].free, group.shape->request, most[id]);
        if (room >= group.count) return true;
    }
    return room >= std::min(bound, group.count);
}

void lay_out_leaving(const State& state, const Background& background, const Effect& effect, Landscape& land) {
    std::vector<Departure>& leaving = land.movements.leaving;
    const auto add = [&](PodId id, int group, bool own) {
        if (state.pod(id).node != kNone) leaving.push_back(departure(state, id, group, own));
    };
    leaving.reserve(effect.leaving.size() + background.leaving.size());
    for (const PodName& name : effect.leaving) {
        const PodId id = state.find_pod(name.ns, name.name, name.likely);
        if (id != kNone) add(id, name.group, true);
    }
    const auto own_groups = static_cast<int>(land.own_count);
    for (std::size_t i = 0; i < background.leaving.size(); ++i) {
        const int group = background.leaving_groups[i];
        add(background.leaving[i], group < 0 ? -1 : group + own_groups, false);
    }
    // A pod that both the write and the background let go counts as the write's: it stands first.
    std::sort(leaving.begin(), leaving.end(), [](const auto& a, const auto& b) {
        return std::tuple(a.row, a.pod, !a.own) < std::tuple(b.row, b.pod, !b.own);
    });
    leaving.erase(
        std::unique(leaving.begin(), leaving.end(), [](const auto& a, const auto& b) { return a.pod == b.pod; }),
        leaving.end());
}

}  // namespace

/// Its leaving takes nothing from its node's figure while the figure does not show it.
Departure departure(const State& state, PodId id, int group, bool own) {
    const cluster::PodSlot& pod = state.pod(id);
    const bool shown = pod.place_in_unseen == kNone;
    return {pod.node, id, group, own, shown ? pod.use.bytes : 0, pod.shape->request};
}

Landscape lay_out(const State& state, const Background& background, const Effect& effect) {
    Landscape land;
    land.groups = effect.incoming;
    land.groups.insert(land.groups.end(), background.own_more.begin(), background.own_more.end());
    land.own_count = land.groups.size();
    land.origins.assign(land.own_count, Origin::Own);
    land.groups.insert(land.groups.end(), background.groups.begin(), background.groups.end());
    land.origins.insert(land.origins.end(), background.origins.begin(), background.origins.end());
    land.movements.most.reserve(land.groups.size());
    std::int64_t all_pods = 0;
    for (const PodGroup& group : land.groups) all_pods += group.count;
    for (const PodGroup& group : land.groups) {
        std::vector<std::int64_t> most = filtered(state, group);
        apply_node_changes(state, effect, group, most);
        // Admitted node changes may be carried out before this write or after it.
        for (const Node& node : background.changed_nodes) {
            const NodeId id = state.find_node(node.name);
            if (id != kNone && cluster::excluded(*group.shape, node) == cluster::Exclusion::None)
                most[id] = std::min(group.count, group.per_node_most);
        }
        const bool bounded = !group.shape->spreads.empty() && !group.replaces && background.leaving.empty();
        if (bounded) bound_by_spread(state, group, all_pods, most);
        const std::size_t index = land.movements.most.size();
        if (index < land.own_count && !all_find_room(state, group, most)) land.crowded.push_back(index);
        land.movements.each.push_back(group.each.value_or(0));
        land.movements.most.push_back(std::move(most));
    }
    land.movements.unseen = sum_unseen(state);
    lay_out_leaving(state, background, effect, land);
    return land;
}

}  // namespace helix::gate
