#include "domain/gate/judgement.hpp"

#include <algorithm>

#include "domain/gate/reason.hpp"

namespace helix::gate {
namespace {

using cluster::NodeId;
using cluster::State;
using cluster::UnitRow;

/// Blocking causes, the most telling first: it becomes the verdict's own.
int severity(Why why) {
    switch (why) {
        case Why::FloorBreak:
            return 6;
        case Why::BreakUnit:
            return 5;
        case Why::UnknownMemory:
            return 4;
        case Why::StaleMetrics:
            return 3;
        case Why::UnreadableFloor:
            return 2;
        case Why::ReliefNeedsReason:
        case Why::ReliefOff:
            return 1;
        default:
            return 0;
    }
}

bool stale(const UnitRow& row, const Settings& settings) {
    return row.scraped_at == 0 || settings.now - row.scraped_at > settings.metrics_age_max;
}

/// What a pod's leaving takes from its node's figure: nothing while the figure does not show it.
Bytes shown_use(const cluster::PodSlot& pod) {
    return pod.place_in_unseen == cluster::kNone ? pod.use.bytes : 0;
}

/// A new case at the end of the verdict's, filled in place: a verdict has one for every unit of a large cluster.
UnitCase& new_case(Verdict& verdict, const State& state, NodeId id, Bytes used) {
    const UnitRow& row = state.rows()[id];
    return verdict.cases.emplace_back(state.node(id).name, row.capacity, row.floor.share, row.limit, used, used, used,
                                      row.free);
}

/// Gives the last case its cause, which becomes the verdict's own when it is the most telling.
void close_case(Verdict& verdict, Why why) {
    UnitCase& unit = verdict.cases.back();
    unit.why = why;
    if (severity(why) == 0) return;
    const auto worse = [&](const UnitCase& other) {
        if (severity(why) != severity(other.why)) return severity(why) > severity(other.why);
        return cluster::used_micro_pct(unit.capacity, unit.after) >
               cluster::used_micro_pct(other.capacity, other.after);
    };
    if (verdict.worst < 0 || worse(verdict.cases[static_cast<std::size_t>(verdict.worst)]))
        verdict.worst = static_cast<int>(verdict.cases.size()) - 1;
}

/// The relief rule for a BREAK unit that the write only lowers.
Why relief(std::string_view reason, const Settings& settings) {
    if (!settings.relief) return Why::ReliefOff;
    return references_floor(reason) ? Why::Relief : Why::ReliefNeedsReason;
}

void conclude(Verdict& verdict, Why otherwise) {
    const bool relieved = std::any_of(verdict.cases.begin(), verdict.cases.end(),
                                      [](const UnitCase& unit) { return unit.why == Why::Relief; });
    verdict.passed = verdict.worst < 0;
    verdict.why = verdict.worst >= 0 ? verdict.cases[static_cast<std::size_t>(verdict.worst)].why
                  : relieved         ? Why::Relief
                                     : otherwise;
    verdict.improvement_certain = verdict.passed && relieved && verdict.improvement_certain;
}

class Placements {
public:
    Placements(const State& state, const Landscape& land, const Effect& effect, std::string_view reason,
               const Settings& settings, Verdict& verdict)
        : state_(state), land_(land), effect_(effect), reason_(reason), settings_(settings), verdict_(verdict) {}

    void run() {
        describe_groups();
        verdict_.improvement_certain = true;
        const std::size_t expected = state_.rows().size();
        verdict_.cases.reserve(expected);
        verdict_.most.reserve(expected * land_.groups.size());
        verdict_.placed.reserve(expected * land_.groups.size());
        for (NodeId id = 0; id < state_.rows().size(); ++id)
            if (state_.rows()[id].live) judge(id);
        conclude(verdict_, Why::Safe);
    }

private:
    void describe_groups() {
        for (std::size_t i = 0; i < land_.groups.size(); ++i) {
            const PodGroup& group = land_.groups[i];
            verdict_.groups.push_back({describe(group.owner), land_.origins[i], group.count, group.each,
                                       group.shape->request, group.coupling, group.coupled_total});
            kinds_.push_back({group.shape->request, group.each.value_or(0), 0, group.coupling, group.coupled_total});
        }
        changed_.assign(state_.rows().size(), false);
        for (const cluster::Node& node : effect_.changed_nodes)
            if (const NodeId id = state_.find_node(node.name); id != cluster::kNone) changed_[id] = true;
        removed_.assign(state_.rows().size(), false);
        for (const std::string& name : effect_.removed_nodes)
            if (const NodeId id = state_.find_node(name); id != cluster::kNone) removed_[id] = true;
    }

    /// Room on the unit once everybody who may leave has left: what can land at all.
    Amounts widest_room(NodeId id) const {
        Amounts room = state_.rows()[id].free;
        if (land_.leaving_on.empty()) return room;
        for (const std::uint32_t at : land_.leaving_on[id]) room += state_.pod(land_.leaving[at].pod).shape->request;
        return room;
    }

    bool can_land(NodeId id, const Amounts& room, std::size_t group) const {
        return land_.most[group][id] > 0 && fitting(room, kinds_[group].request, 1) > 0;
    }

    /// Whether the write may raise use here: one of its own pods can land, a changed node takes what it did not, or
    /// those that it moves away make room for pods that wait.
    bool may_raise(NodeId id, const Amounts& room) const {
        const std::size_t last = changed_[id] || own_leaving(id) ? land_.groups.size() : land_.own_count;
        for (std::size_t group = 0; group < last; ++group)
            if (can_land(id, room, group)) return true;
        return false;
    }

    bool own_leaving(NodeId id) const {
        if (land_.leaving_on.empty()) return false;
        const auto& here = land_.leaving_on[id];
        return std::any_of(here.begin(), here.end(), [&](std::uint32_t at) { return land_.leaving[at].own; });
    }

    void judge(NodeId id) {
        if (removed_[id]) return;
        const Amounts room = widest_room(id);
        const bool raises = may_raise(id, room);
        if (!raises && !own_leaving(id)) return;
        const UnitRow& row = state_.rows()[id];
        UnitCase& unit = new_case(verdict_, state_, id, row.used + std::max<Bytes>(land_.unseen[id], 0));
        if (raises) {
            judge_raise(id, room, unit);
        } else {
            judge_leaving_only(id, unit);
        }
    }

    Why unknown(NodeId id, const Amounts& room) const {
        const UnitRow& row = state_.rows()[id];
        if (stale(row, settings_)) return Why::StaleMetrics;
        if (!row.floor_readable) return Why::UnreadableFloor;
        if (land_.unseen[id] < 0) return Why::UnknownMemory;
        for (std::size_t group = 0; group < land_.groups.size(); ++group)
            if (!land_.groups[group].each && can_land(id, room, group)) return Why::UnknownMemory;
        return Why::Safe;
    }

    void judge_raise(NodeId id, const Amounts& room, UnitCase& unit) {
        fill_problem(id);
        unit.row = static_cast<std::uint32_t>(verdict_.cases.size() - 1);
        for (const Incoming& kind : kinds_) verdict_.most.push_back(kind.most);
        if (kinds_.size() == 1 && leaving_.empty()) {
            const std::int64_t count = lone_count(unit.free, kinds_.front());
            unit.after = unit.settled = lone_after(unit.used, kinds_.front(), count);
            verdict_.placed.push_back(count);
        } else {
            const UnitWorst worst = worst_case({unit.used, unit.free, kinds_, leaving_});
            unit.after = unit.settled = worst.after;
            unit.exact = worst.exact;
            verdict_.placed.insert(verdict_.placed.end(), worst.placed.begin(), worst.placed.end());
            keep_leaving(unit, worst.gone);
        }
        Why why = unknown(id, room);
        if (why == Why::Safe && unit.used > unit.limit) why = Why::BreakUnit;
        if (why == Why::Safe && unit.after > unit.limit) why = Why::FloorBreak;
        close_case(verdict_, why);
    }

    void judge_leaving_only(NodeId id, UnitCase& unit) {
        fill_problem(id);
        Bytes released = 0;
        for (const std::uint32_t at : land_.leaving_on[id])
            if (land_.leaving[at].own) released += shown_use(state_.pod(land_.leaving[at].pod));
        unit.settled = unit.used - released;
        unit.row = static_cast<std::uint32_t>(verdict_.cases.size() - 1);
        for (std::size_t group = 0; group < kinds_.size(); ++group) {
            verdict_.most.push_back(0);
            verdict_.placed.push_back(0);
        }
        keep_leaving(unit, std::vector<std::int64_t>(leaving_.size(), 0));
        Why why = Why::Safe;
        if (unit.used > unit.limit) {
            why = relief(reason_, settings_);
            if (released <= 0) why = Why::BreakUnit;  // nothing shows that it is lowered
        }
        close_case(verdict_, why);
    }

    /// The unit's kinds and leaving classes: pods with equal requests and coupling form one class, smallest use first.
    void fill_problem(NodeId id) {
        for (std::size_t group = 0; group < kinds_.size(); ++group) kinds_[group].most = land_.most[group][id];
        leaving_.clear();
        if (land_.leaving_on.empty()) return;
        for (const std::uint32_t at : land_.leaving_on[id]) {
            const Landscape::LeavingPod& pod = land_.leaving[at];
            const cluster::PodSlot& slot = state_.pod(pod.pod);
            const Bytes use = shown_use(slot);
            auto found = std::find_if(leaving_.begin(), leaving_.end(), [&](const Leaving& other) {
                return other.incoming == pod.group && other.request == slot.shape->request;
            });
            if (found == leaving_.end()) {
                leaving_.push_back({slot.shape->request, {}, pod.group});
                found = leaving_.end() - 1;
            }
            found->uses.push_back(use);
        }
        for (Leaving& old : leaving_) std::sort(old.uses.begin(), old.uses.end());
    }

    void keep_leaving(UnitCase& unit, const std::vector<std::int64_t>& gone) {
        unit.leaving_from = static_cast<std::int32_t>(verdict_.leaving.size());
        for (std::size_t i = 0; i < leaving_.size(); ++i)
            verdict_.leaving.push_back({leaving_[i].request, leaving_[i].uses, leaving_[i].incoming, gone[i]});
        unit.leaving_to = static_cast<std::int32_t>(verdict_.leaving.size());
    }

    const State& state_;
    const Landscape& land_;
    const Effect& effect_;
    std::string_view reason_;
    const Settings& settings_;
    Verdict& verdict_;
    std::vector<Incoming> kinds_;
    std::vector<Leaving> leaving_;
    std::vector<bool> changed_;
    std::vector<bool> removed_;
};

/// What pods of a release hold, per node.
struct Released {
    NodeId node = cluster::kNone;
    std::vector<Bytes> uses;
};

std::vector<Released> released_by_node(const State& state, const Effect& effect) {
    std::vector<Released> nodes;
    for (const PodName& name : effect.released) {
        const cluster::PodId id = state.find_pod(name.ns, name.name);
        if (id == cluster::kNone || state.pod(id).node == cluster::kNone) continue;
        const cluster::PodSlot& pod = state.pod(id);
        auto found = std::find_if(nodes.begin(), nodes.end(), [&](const Released& r) { return r.node == pod.node; });
        if (found == nodes.end()) {
            nodes.push_back({pod.node, {}});
            found = nodes.end() - 1;
        }
        found->uses.push_back(shown_use(pod));
    }
    return nodes;
}

/// Keeps in `later` what `earlier` changed of the same node and `later` did not.
void merge_change(const State& state, const cluster::Node& earlier, cluster::Node& later) {
    const NodeId id = state.find_node(later.name);
    if (id == cluster::kNone) return;
    const cluster::Node& now = state.node(id);
    if (later.taints == now.taints) later.taints = earlier.taints;
    if (later.unschedulable == now.unschedulable) later.unschedulable = earlier.unschedulable;
    if (later.labels == now.labels) {
        later.labels = earlier.labels;
        return;
    }
    for (const auto& label : earlier.labels) {
        const std::string* asked = cluster::find_label(later.labels, label.first);
        const std::string* first = cluster::find_label(now.labels, label.first);
        const bool untouched = (asked == nullptr) == (first == nullptr) && (asked == nullptr || *asked == *first);
        if (!untouched) continue;
        std::erase_if(later.labels, [&](const auto& other) { return other.first == label.first; });
        later.labels.push_back(label);
        std::sort(later.labels.begin(), later.labels.end());
    }
}

}  // namespace

void judge_placements(const State& state, const Landscape& land, const Effect& effect, std::string_view reason,
                      const Settings& settings, Verdict& verdict) {
    Placements(state, land, effect, reason, settings, verdict).run();
}

void judge_release(const State& state, const Effect& effect, std::string_view reason, const Settings& settings,
                   Verdict& verdict) {
    verdict.improvement_certain = true;
    const auto all = static_cast<std::int64_t>(effect.released.size());
    for (Released& here : released_by_node(state, effect)) {
        const UnitRow& row = state.rows()[here.node];
        UnitCase& unit = new_case(verdict, state, here.node, row.used);
        std::sort(here.uses.begin(), here.uses.end());
        const std::int64_t elsewhere = all - static_cast<std::int64_t>(here.uses.size());
        const std::int64_t certain = std::max<std::int64_t>(0, effect.released_count - elsewhere);
        for (std::int64_t i = 0; i < certain; ++i) unit.settled -= here.uses[static_cast<std::size_t>(i)];
        const bool below = row.scraped_at != 0 && unit.used > unit.limit;
        if (below && unit.settled >= unit.used) verdict.improvement_certain = false;
        close_case(verdict, below ? relief(reason, settings) : Why::Release);
    }
    conclude(verdict, Why::Release);
}

void carry_nodes(const State& state, const Effect& earlier, bool uncordons, Effect& later) {
    for (cluster::Node& node : later.changed_nodes)
        for (const cluster::Node& before : earlier.changed_nodes)
            if (before.name == node.name) merge_change(state, before, node);
    const auto cordoned_before = [&](const std::string& name) {
        return std::find(earlier.cordoned.begin(), earlier.cordoned.end(), name) != earlier.cordoned.end();
    };
    if (!uncordons)
        for (cluster::Node& node : later.changed_nodes)
            node.unschedulable = node.unschedulable || cordoned_before(node.name);
    for (const std::string& name : earlier.cordoned) {
        const bool freed = uncordons && !later.changed_nodes.empty() && later.changed_nodes.front().name == name;
        if (!freed) later.cordoned.push_back(name);
    }
    later.changed_nodes.insert(later.changed_nodes.begin(), earlier.changed_nodes.begin(), earlier.changed_nodes.end());
    later.removed_nodes.insert(later.removed_nodes.end(), earlier.removed_nodes.begin(), earlier.removed_nodes.end());
}

}  // namespace helix::gate
