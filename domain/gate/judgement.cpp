#include "domain/gate/judgement.hpp"

#include <algorithm>
#include <compare>
#include <limits>
#include <utility>

#include "domain/core/int128.hpp"
#include "domain/gate/reason.hpp"
#include "domain/gate/tally.hpp"

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

/// Collects the cases of one verdict, and what they say together.
class Collector {
public:
    explicit Collector(Verdict& verdict) : verdict_(verdict) {}

    void add_roomy(NodeId id, const UnitSums& unit) {
        verdict_.cases.add_roomy(id);
        tally_.add(unit);
    }

    void add(NodeId id, Bytes capacity, const UnitCases::Outcome& outcome, const std::vector<std::int64_t>& placed,
             std::vector<Leaving>&& leaving, const std::vector<std::int64_t>& gone) {
        verdict_.cases.add(id, outcome, placed, std::move(leaving), gone);
        tally_.add({capacity, outcome.used, outcome.after, outcome.settled});
        if (severity(outcome.why) > 0) weigh(outcome.why, cluster::used_micro_pct(capacity, outcome.after));
    }

    /// Fills in what follows from all cases; `otherwise` is why it passes when nothing blocks and nothing is relieved.
    void conclude(Why otherwise) {
        const bool relieved = verdict_.cases.any(Why::Relief);
        verdict_.passed = worst_why_ == Why::Safe;
        verdict_.why = !verdict_.passed ? worst_why_ : relieved ? Why::Relief : otherwise;
        verdict_.improvement_certain = verdict_.passed && relieved && verdict_.improvement_certain;
        if (verdict_.worst < 0) verdict_.worst = tally_.fullest();
        verdict_.after_micro_pct = tally_.fullest_micro_pct();
        verdict_.position = tally_.position(verdict_.cases);
    }

private:
    /// The last case decides when its cause is the most telling, and it the fullest with that cause.
    void weigh(Why why, std::int64_t micro_pct) {
        const int more = severity(why) - severity(worst_why_);
        if (more < 0 || (more == 0 && micro_pct <= worst_micro_pct_)) return;
        worst_why_ = why;
        worst_micro_pct_ = micro_pct;
        verdict_.worst = static_cast<int>(verdict_.cases.size()) - 1;
    }

    Verdict& verdict_;
    Tally tally_;
    Why worst_why_ = Why::Safe;
    std::int64_t worst_micro_pct_ = 0;
};

/// The relief rule for a BREAK unit that the write only lowers.
Why relief(std::string_view reason, const Settings& settings) {
    if (!settings.relief) return Why::ReliefOff;
    return references_floor(reason) ? Why::Relief : Why::ReliefNeedsReason;
}

/// Judges every unit that pods of the write can reach.
///
/// First asks of each whether it is roomy: whether everything that may come finds room at once and the floor is kept
/// with all of it. Then nobody need leave to make room, and that is its worst case. Only the others are looked into.
class Placements {
public:
    Placements(const State& state, const Landscape& land, const Effect& effect, std::string_view reason,
               const Settings& settings, Verdict& verdict)
        : state_(state),
          rows_(state.rows()),
          land_(land),
          most_(verdict.cases.movements().most),
          unseen_(verdict.cases.movements().unseen),
          reason_(reason),
          settings_(settings),
          verdict_(verdict),
          collector_(verdict) {
        describe_groups();
        mark_rows(effect);
    }

    void run() {
        verdict_.improvement_certain = true;
        verdict_.cases.reserve(rows_.size());
        for (NodeId id = 0; id < rows_.size(); ++id) {
            const UnitRow& row = rows_[id];
            if (!row.live || (summable_ && (marks_[id] & ~kLeaving) == 0 && judge_roomy(id, row))) continue;
            judge(id);
        }
        collector_.conclude(Why::Safe);
    }

private:
    enum Mark : std::uint8_t { kChanged = 1, kRemoved = 2, kLeaving = 4, kCoupled = 8 };

    void describe_groups() {
        Int128 total = 0;
        for (std::size_t i = 0; i < land_.groups.size(); ++i) {
            const PodGroup& group = land_.groups[i];
            verdict_.groups.push_back({describe(group.owner), land_.origins[i], group.count, group.each,
                                       group.shape->request, group.coupling, group.coupled_total});
            const std::int64_t most = std::min(group.count, group.per_node_most);
            kinds_.push_back({group.shape->request, group.each.value_or(0), most, group.coupling, group.coupled_total});
            const Amounts& request = group.shape->request;
            for (const std::int64_t one : {request.memory, request.cpu_milli, request.pods, group.each.value_or(-1)}) {
                summable_ = summable_ && one >= 0;
                total += static_cast<Int128>(most) * one;
            }
            summable_ = summable_ && (group.coupling != Coupling::OneForOne || most <= group.coupled_total);
        }
        summable_ = summable_ && total < std::numeric_limits<std::int64_t>::max() / 4;
    }

    void mark_rows(const Effect& effect) {
        marks_.assign(rows_.size(), 0);
        const auto mark = [&](NodeId id, Mark as) {
            if (id != cluster::kNone) marks_[id] |= as;
        };
        for (const cluster::Node& node : effect.changed_nodes) mark(state_.find_node(node.name), kChanged);
        for (const std::string& name : effect.removed_nodes) mark(state_.find_node(name), kRemoved);
        for (const Departure& pod : verdict_.cases.movements().leaving) {
            const bool coupled =
                pod.group >= 0 && kinds_[static_cast<std::size_t>(pod.group)].coupling != Coupling::Free;
            mark(pod.row, coupled ? kCoupled : kLeaving);
        }
    }

    /// Judges a unit on which only room bounds what comes; false: it is not roomy, and has to be looked into.
    bool judge_roomy(NodeId id, const UnitRow& row) {
        Amounts wanted{0, 0, 0};
        Bytes added = 0;
        bool own = false;
        for (std::size_t group = 0; group < kinds_.size(); ++group) {
            const Incoming& kind = kinds_[group];
            const std::int64_t most = most_[group][id];
            wanted.memory += kind.request.memory * most;
            wanted.cpu_milli += kind.request.cpu_milli * most;
            wanted.pods += kind.request.pods * most;
            added += kind.each * most;
            own = own || (most > 0 && group < land_.own_count);
        }
        if (!own) return marks_[id] == 0;  // none of the write's own pods can land: not touched when none leaves
        const auto is_short = [](std::int64_t asked, std::int64_t room) { return asked > 0 && asked > room; };
        if (is_short(wanted.memory, row.free.memory) || is_short(wanted.cpu_milli, row.free.cpu_milli) ||
            is_short(wanted.pods, row.free.pods))
            return false;
        const Bytes unseen = unseen_[id];
        const Bytes used = row.used + unseen;
        const Bytes after = used + added;
        if (unseen < 0 || after > row.limit || stale(row, settings_) || !row.floor_readable) return false;
        collector_.add_roomy(id, {row.capacity, used, after, after});
        return true;
    }

    /// Who may leave the unit, by whatever cause.
    void gather(NodeId id) {
        const auto listed = verdict_.cases.movements().leaving_on(id);
        here_.assign(listed.begin(), listed.end());
        const bool crowded = std::any_of(land_.crowded.begin(), land_.crowded.end(),
                                         [&](std::size_t group) { return most_[group][id] > 0; });
        if (!crowded) return;
        for (const cluster::PodId pod : state_.pods_on(id)) {
            const auto same = [&](const Departure& other) { return other.pod == pod; };
            if (state_.pod(pod).active() && std::none_of(listed.begin(), listed.end(), same))
                here_.push_back(departure(state_, pod, -1, false));
        }
    }

    /// Room on the unit once everybody who may leave has left: what can land at all.
    Amounts widest_room(NodeId id) const {
        Amounts room = rows_[id].free;
        for (const Departure& pod : here_) room += pod.request;
        return room;
    }

    bool can_land(NodeId id, const Amounts& room, std::size_t group) const {
        return most_[group][id] > 0 && fitting(room, kinds_[group].request, 1) > 0;
    }

    /// Whether the write may raise use here: one of its own pods can land, a changed node takes what it did not, or
    /// those that it moves away make room for pods that wait.
    bool may_raise(NodeId id, const Amounts& room, bool own_leaving) const {
        const bool any = own_leaving || (marks_[id] & kChanged) != 0;
        const std::size_t last = any ? land_.groups.size() : land_.own_count;
        for (std::size_t group = 0; group < last; ++group)
            if (can_land(id, room, group)) return true;
        return false;
    }

    void judge(NodeId id) {
        if ((marks_[id] & kRemoved) != 0) return;
        gather(id);
        const Amounts room = widest_room(id);
        const bool own_leaving = std::any_of(here_.begin(), here_.end(), [](const auto& pod) { return pod.own; });
        const bool raises = may_raise(id, room, own_leaving);
        if (!raises && !own_leaving) return;
        const UnitRow& row = rows_[id];
        UnitCases::Outcome unit;
        unit.used = unit.after = unit.settled = row.used + std::max<Bytes>(unseen_[id], 0);
        fill_problem(id);
        if (raises) {
            judge_raise(id, room, unit);
        } else {
            judge_leaving_only(id, unit);
        }
    }

    Why unknown(NodeId id, const Amounts& room) const {
        const UnitRow& row = rows_[id];
        if (stale(row, settings_)) return Why::StaleMetrics;
        if (!row.floor_readable) return Why::UnreadableFloor;
        if (unseen_[id] < 0) return Why::UnknownMemory;
        for (std::size_t group = 0; group < land_.groups.size(); ++group)
            if (!land_.groups[group].each && can_land(id, room, group)) return Why::UnknownMemory;
        return Why::Safe;
    }

    void judge_raise(NodeId id, const Amounts& room, UnitCases::Outcome& unit) {
        const UnitRow& row = rows_[id];
        const UnitWorst worst = worst_case({unit.used, row.free, kinds_, leaving_});
        unit.takes_pods = true;
        unit.after = unit.settled = worst.after;
        unit.exact = worst.exact;
        unit.why = unknown(id, room);
        if (unit.why == Why::Safe && unit.used > row.limit) unit.why = Why::BreakUnit;
        if (unit.why == Why::Safe && unit.after > row.limit) unit.why = Why::FloorBreak;
        collector_.add(id, row.capacity, unit, worst.placed, std::move(leaving_), worst.gone);
    }

    void judge_leaving_only(NodeId id, UnitCases::Outcome& unit) {
        const UnitRow& row = rows_[id];
        Bytes released = 0;
        for (const Departure& pod : here_)
            if (pod.own) released += pod.use;
        unit.settled = unit.used - released;
        if (unit.used > row.limit) {
            unit.why = relief(reason_, settings_);
            if (released <= 0) unit.why = Why::BreakUnit;  // nothing shows that it is lowered
        }
        const std::vector<std::int64_t> nobody(leaving_.size(), 0);
        collector_.add(id, row.capacity, unit, {}, std::move(leaving_), nobody);
    }

    void fill_problem(NodeId id) {
        for (std::size_t group = 0; group < kinds_.size(); ++group) kinds_[group].most = most_[group][id];
        leaving_ = classes_of(here_);
    }

    const State& state_;
    const cluster::UnitTable& rows_;
    const Landscape& land_;
    const std::vector<std::vector<std::int64_t>>& most_;
    const std::vector<Bytes>& unseen_;
    std::string_view reason_;
    const Settings& settings_;
    Verdict& verdict_;
    Collector collector_;
    std::vector<Incoming> kinds_;
    bool summable_ = true;  ///< every group's memory is known, nothing but room bounds it, and no sum overflows
    std::vector<std::uint8_t> marks_;
    std::vector<Departure> here_;
    std::vector<Leaving> leaving_;
};

/// What a pod of a release holds, and where.
struct Released {
    NodeId node = cluster::kNone;
    Bytes use = 0;

    friend auto operator<=>(const Released&, const Released&) = default;
};

/// By node, the smallest first.
std::vector<Released> released_by_node(const State& state, const Effect& effect) {
    std::vector<Released> pods;
    pods.reserve(effect.released.size());
    for (const PodName& name : effect.released) {
        const cluster::PodId id = state.find_pod(name.ns, name.name, name.likely);
        if (id == cluster::kNone || state.pod(id).node == cluster::kNone) continue;
        pods.push_back({state.pod(id).node, departure(state, id, -1, true).use});
    }
    std::sort(pods.begin(), pods.end());
    return pods;
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

void judge_placements(const State& state, Landscape land, const Effect& effect, std::string_view reason,
                      const Settings& settings, Verdict& verdict) {
    verdict.cases = UnitCases(state.rows(), std::move(land.movements));
    Placements(state, land, effect, reason, settings, verdict).run();
}

void judge_release(const State& state, const Effect& effect, std::string_view reason, const Settings& settings,
                   Verdict& verdict) {
    verdict.cases = UnitCases(state.rows(), {});
    verdict.improvement_certain = true;
    Collector collector(verdict);
    verdict.cases.reserve(effect.released.size(), effect.released.size());
    const auto all = static_cast<std::int64_t>(effect.released.size());
    const std::vector<Released> pods = released_by_node(state, effect);
    for (auto first = pods.begin(); first != pods.end();) {
        const NodeId node = first->node;
        const auto last = std::find_if(first, pods.end(), [&](const Released& pod) { return pod.node != node; });
        const UnitRow& row = state.rows()[node];
        UnitCases::Outcome unit;
        unit.used = unit.after = unit.settled = row.used;
        const std::int64_t elsewhere = all - (last - first);
        const std::int64_t certain = std::max<std::int64_t>(0, effect.released_count - elsewhere);
        for (std::int64_t i = 0; i < certain; ++i) unit.settled -= first[i].use;
        first = last;
        const bool below = row.scraped_at != 0 && unit.used > row.limit;
        if (below && unit.settled >= unit.used) verdict.improvement_certain = false;
        unit.why = below ? relief(reason, settings) : Why::Release;
        collector.add(node, row.capacity, unit, {}, {}, {});
    }
    collector.conclude(Why::Release);
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
