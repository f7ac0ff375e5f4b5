#include "domain/proof/obligation.hpp"

#include <algorithm>
#include <map>

#include "domain/cluster/placement.hpp"
#include "domain/gate/reason.hpp"
#include "domain/gate/spread.hpp"

namespace helix::proof {
namespace {

using cluster::kNone;
using cluster::Node;
using cluster::NodeId;
using cluster::PodId;
using cluster::State;

Arrival arrival_of(const gate::PodGroup& group, bool own) {
    return {describe(group.owner), group.shape->request, group.each, group.count,
            group.coupling,        group.coupled_total,  own};
}

/// How many of `request` fit into `free`, at most `most`: counted up, one amount after the other.
std::int64_t room_for(const Amounts& free, const Amounts& request, std::int64_t most) {
    const auto within = [&](std::int64_t room, std::int64_t each) {
        if (each > 0) most = std::min(most, std::max<std::int64_t>(room, 0) / each);
    };
    within(free.memory, request.memory);
    within(free.cpu_milli, request.cpu_milli);
    within(free.pods, request.pods);
    return most;
}

class Builder {
public:
    Builder(const State& state, std::span<const gate::Reservation> reservations, const gate::Effect& effect,
            std::string_view reason, const gate::Settings& settings)
        : state_(state),
          effect_(effect),
          settings_(settings),
          background_(gate::background_of(state, reservations, effect)) {
        made_.effect = effect.kind;
        made_.unmodelled = !effect.unmodelled.empty();
        made_.relief_granted = settings.relief && gate::references_floor(reason);
        made_.state_version = state.version();
    }

    Obligation build() {
        if (made_.unmodelled || effect_.kind == gate::EffectKind::Neutral) return std::move(made_);
        if (effect_.kind == gate::EffectKind::Release) {
            add_released();
        } else {
            add_arrivals();
            bound_arrivals();
            sum_unseen();
            find_leaving();
            add_units();
        }
        return std::move(made_);
    }

private:
    void add_arrivals() {
        const auto add = [&](const std::vector<gate::PodGroup>& groups, bool own) {
            for (const gate::PodGroup& group : groups) {
                groups_.push_back(&group);
                made_.arrivals.push_back(arrival_of(group, own));
            }
        };
        add(effect_.incoming, true);
        add(background_.own_more, true);
        add(background_.groups, false);
    }

    /// Whether the scheduler's filters let a pod of `shape` land on the node in a form that it may have.
    bool candidate(NodeId id, const cluster::PodShape& shape) const {
        const std::string& name = state_.node(id).name;
        const auto takes = [&](const Node& node) { return cluster::excluded(shape, node) == cluster::Exclusion::None; };
        for (const Node& form : background_.changed_nodes)  // may come before this write, or after it
            if (form.name == name && takes(form)) return true;
        Node form = state_.node(id);
        for (const Node& changed : effect_.changed_nodes)
            if (changed.name == name) form = changed;
        if (std::find(effect_.cordoned.begin(), effect_.cordoned.end(), name) != effect_.cordoned.end())
            form.unschedulable = true;
        return takes(form);
    }

    void bound_arrivals() {
        std::int64_t all_pods = 0;
        for (const gate::PodGroup* group : groups_) all_pods += group->count;
        for (const gate::PodGroup* group : groups_) {
            std::vector<std::int64_t> most(state_.rows().size(), 0);
            for (NodeId id = 0; id < most.size(); ++id)
                if (state_.rows()[id].live && candidate(id, *group->shape))
                    most[id] = std::min(group->count, group->per_node_most);
            if (!group->shape->spreads.empty() && !group->replaces && background_.leaving.empty())
                gate::bound_by_spread(state_, *group, all_pods, most);
            most_.push_back(std::move(most));
        }
        for (std::size_t i = 0; i < groups_.size(); ++i) crowded_.push_back(made_.arrivals[i].own && !all_find_room(i));
    }

    /// Pods of an arrival that find no room now wait, and land once somebody has left.
    bool all_find_room(std::size_t arrival) const {
        std::int64_t wanted = 0;
        std::int64_t placed = 0;
        for (NodeId id = 0; id < state_.rows().size(); ++id) {
            wanted += most_[arrival][id];
            placed += room_for(state_.rows()[id].free, groups_[arrival]->shape->request, most_[arrival][id]);
        }
        return placed >= std::min(wanted, groups_[arrival]->count);
    }

    /// What the units' figures do not show yet; none where it is unknown.
    void sum_unseen() {
        for (const PodId id : state_.unseen()) {
            const cluster::PodSlot& pod = state_.pod(id);
            const cluster::WorkloadId root = state_.root_of(id);
            auto each = gate::estimate(*pod.shape, root == kNone ? std::nullopt : state_.highest_use(root));
            if (!each && pod.first_sample_at != 0) each = pod.use.bytes;
            auto& sum = unseen_.try_emplace(pod.node, std::int64_t{0}).first->second;
            if (sum) sum = each ? std::optional(*sum + *each) : std::nullopt;
        }
    }

    OldPod old_pod(PodId id, int arrival, bool own) const {
        const cluster::PodSlot& pod = state_.pod(id);
        const bool shown = pod.place_in_unseen == kNone;
        return {pod.shape->request, shown ? pod.use.bytes : 0, arrival, own};
    }

    void find_leaving() {
        for (const gate::PodName& name : effect_.leaving)
            if (const PodId id = state_.find_pod(name.ns, name.name); id != kNone) leave(id, name.group, true);
        const auto own_count = static_cast<int>(effect_.incoming.size() + background_.own_more.size());
        for (std::size_t i = 0; i < background_.leaving.size(); ++i) {
            const int group = background_.leaving_groups[i];
            leave(background_.leaving[i], group < 0 ? -1 : group + own_count, false);
        }
    }

    /// The first who lets a pod go decides how it is taken.
    void leave(PodId id, int arrival, bool own) {
        const NodeId node = state_.pod(id).node;
        if (node != kNone) leaving_[node].try_emplace(id, old_pod(id, arrival, own));
    }

    void add_units() {
        for (NodeId id = 0; id < state_.rows().size(); ++id) {
            const std::string& name = state_.rows()[id].live ? state_.node(id).name : "";
            const auto& removed = effect_.removed_nodes;
            if (name.empty() || std::find(removed.begin(), removed.end(), name) != removed.end()) continue;
            Unit unit = unit_of(id);
            if (raises(made_, unit) || lets_go(unit)) made_.units.push_back(std::move(unit));
        }
    }

    Unit unit_of(NodeId id) {
        const cluster::UnitRow& row = state_.rows()[id];
        Unit unit = bare_unit(id);
        const bool fresh = row.scraped_at != 0 && settings_.now - row.scraped_at <= settings_.metrics_age_max;
        const auto unseen = unseen_.find(id);
        const bool shown = unseen == unseen_.end() || unseen->second;
        unit.used_known = fresh && shown;
        if (unseen != unseen_.end()) unit.used += unseen->second.value_or(0);
        unit.changed = std::any_of(effect_.changed_nodes.begin(), effect_.changed_nodes.end(),
                                   [&](const Node& node) { return node.name == unit.name; });
        bool crowded = false;
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            unit.most.push_back(most_[i][id]);
            crowded = crowded || (crowded_[i] && most_[i][id] > 0);
        }
        if (crowded)
            for (const PodId pod : state_.pods_on(id))
                if (state_.pod(pod).active()) leaving_[id].try_emplace(pod, old_pod(pod, -1, false));
        for (const auto& [pod, old] : leaving_[id]) unit.old.push_back(old);
        return unit;
    }

    Unit bare_unit(NodeId id) const {
        const cluster::UnitRow& row = state_.rows()[id];
        Unit unit;
        unit.name = state_.node(id).name;
        unit.capacity = row.capacity;
        unit.floor_share = state_.rows().facts(id).floor.share;
        unit.floor_known = row.floor_readable;
        unit.used = row.used;
        unit.free = row.free;
        return unit;
    }

    void add_released() {
        for (const gate::PodName& name : effect_.released) {
            const PodId id = state_.find_pod(name.ns, name.name);
            if (id != kNone) leave(id, -1, true);
        }
        for (const auto& [id, pods] : leaving_) {
            Unit unit = bare_unit(id);
            unit.used_known = state_.rows()[id].scraped_at != 0;
            for (const auto& [pod, old] : pods) unit.old.push_back(old);
            made_.units.push_back(std::move(unit));
        }
    }

    const State& state_;
    const gate::Effect& effect_;
    const gate::Settings& settings_;
    const gate::Background background_;
    Obligation made_;
    std::vector<const gate::PodGroup*> groups_;
    std::vector<std::vector<std::int64_t>> most_;  // [arrival][row]
    std::vector<bool> crowded_;
    std::map<NodeId, std::optional<Bytes>> unseen_;
    std::map<NodeId, std::map<PodId, OldPod>> leaving_;
};

}  // namespace

Obligation obligation_of(const State& state, std::span<const gate::Reservation> reservations,
                         const gate::Effect& effect, std::string_view reason, const gate::Settings& settings) {
    return Builder(state, reservations, effect, reason, settings).build();
}

bool can_land(const Obligation& obligation, const Unit& unit, std::size_t arrival) {
    if (unit.most.empty() || unit.most[arrival] <= 0) return false;
    Amounts room = unit.free;
    for (const OldPod& old : unit.old) room += old.request;
    return room_for(room, obligation.arrivals[arrival].request, 1) > 0;
}

bool lets_go(const Unit& unit) {
    return std::any_of(unit.old.begin(), unit.old.end(), [](const OldPod& old) { return old.own; });
}

bool raises(const Obligation& obligation, const Unit& unit) {
    const bool any = unit.changed || lets_go(unit);
    for (std::size_t i = 0; i < obligation.arrivals.size(); ++i)
        if ((any || obligation.arrivals[i].own) && can_land(obligation, unit, i)) return true;
    return false;
}

}  // namespace helix::proof
