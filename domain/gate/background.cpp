#include "domain/gate/background.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "domain/gate/effect_rules.hpp"

namespace helix::gate {
namespace {

using cluster::kNone;
using cluster::PodId;
using cluster::State;
using cluster::WorkloadId;
using cluster::WorkloadKind;

WorkloadId find(const OwnerKey& owner, const State& state) {
    return state.find_workload(owner.kind, owner.ns, owner.name);
}

class Builder {
public:
    Builder(const State& state, const Effect& own) : state_(state), own_(own) {}

    Background build(std::span<const Reservation> reservations) {
        add_reservations(reservations);
        add_successors(reservations);
        add_workloads_in_flux();
        add_pending_pods();
        for (const PodId id : state_.terminating()) leave(id, -1);
        add_preemption();
        return std::move(background_);
    }

private:
    /// The write itself accounts for every missing pod of the workload whose size it sets.
    bool is_own(const OwnerKey& owner) const {
        return !own_.incoming.empty() && own_.subject == owner && owner.kind != WorkloadKind::Other;
    }

    void add(PodGroup group, Origin origin) {
        if (group.count <= 0) return;
        background_.groups.push_back(std::move(group));
        background_.origins.push_back(origin);
    }

    void leave(PodId id, int group) {
        if (state_.pod(id).node == kNone || !state_.pod(id).active()) return;
        if (!leaves_.insert(id).second) return;
        background_.leaving.push_back(id);
        background_.leaving_groups.push_back(group);
    }

    void add_reservations(std::span<const Reservation> reservations) {
        for (const Reservation& reservation : reservations) {
            const auto first = static_cast<int>(background_.groups.size());
            int kept = 0;
            for (const PodGroup& group : reservation.effect.incoming) {
                PodGroup rest = group;
                rest.count = outstanding(reservation, group, state_);
                if (is_own(group.owner)) rest.count = std::min(rest.count, superseded(group, rest.count));
                if (rest.count > 0 && !group.replaces) reserved_.push_back({group.owner, rest.count});
                kept += rest.count > 0 ? 1 : 0;
                add(std::move(rest), Origin::Reservation);
            }
            if (!reservation.shown)
                background_.changed_nodes.insert(background_.changed_nodes.end(),
                                                 reservation.effect.changed_nodes.begin(),
                                                 reservation.effect.changed_nodes.end());
            const bool whole = kept == static_cast<int>(reservation.effect.incoming.size());
            for (const PodName& name : reservation.effect.released)
                if (const PodId id = state_.find_pod(name.ns, name.name, name.likely); id != kNone) leave(id, -1);
            for (const PodName& name : reservation.effect.leaving) {
                const PodId id = state_.find_pod(name.ns, name.name, name.likely);
                if (id != kNone) leave(id, whole && name.group >= 0 ? first + name.group : -1);
            }
        }
    }

    /// When one write grows a workload and another replaces its pods, in whatever order, the pods of the growth are
    /// replaced as well: those successors. None when the two do not meet so.
    static std::optional<PodGroup> successors(const PodGroup& one, std::int64_t one_count, const PodGroup& other,
                                              std::int64_t other_count) {
        if (one.owner != other.owner || one.replaces == other.replaces) return std::nullopt;
        PodGroup again = one.replaces ? one : other;
        again.count = one.replaces ? other_count : one_count;
        again.coupling = Coupling::Free;
        if (again.count <= 0) return std::nullopt;
        return again;
    }

    void add_successors(std::span<const Reservation> reservations) {
        for (auto later = reservations.begin(); later != reservations.end(); ++later) {
            if (later->shown && !later->effect.lasting) continue;
            for (const PodGroup& group : later->effect.incoming) {
                const std::int64_t count = outstanding(*later, group, state_);
                for (const PodGroup& mine : own_.incoming)
                    if (auto again = successors(group, count, mine, mine.count); again && is_own(group.owner))
                        background_.own_more.push_back(*std::move(again));
                for (auto earlier = reservations.begin(); earlier != later; ++earlier) {
                    if (earlier->shown && !earlier->effect.lasting) continue;
                    for (const PodGroup& other : earlier->effect.incoming)
                        if (auto again = successors(group, count, other, outstanding(*earlier, other, state_)))
                            add(*std::move(again), Origin::Reservation);
                }
            }
        }
    }

    /// What is left of an earlier write's pods once this write sets the same workload's size: none when it asks for as
    /// many or more of the same template, all of them otherwise.
    std::int64_t superseded(const PodGroup& group, std::int64_t count) const {
        const bool covered = std::any_of(own_.incoming.begin(), own_.incoming.end(), [&](const PodGroup& mine) {
            return !mine.replaces && !group.replaces && mine.owner == group.owner &&
                   mine.target_total >= group.target_total && *mine.shape == *group.shape;
        });
        return covered ? 0 : count;
    }

    std::int64_t reserved_for(const OwnerKey& owner) const {
        std::int64_t count = 0;
        for (const auto& [reserved, more] : reserved_)
            if (reserved == owner) count += more;
        return count;
    }

    void add_workloads_in_flux() {
        for (const WorkloadId id : state_.in_flux()) {
            const cluster::WorkloadSlot& slot = state_.workload(id);
            if (!slot.workload.shape || slot.workload.kind == WorkloadKind::CronJob) continue;
            PodGroup group = rules::group_of_workload(state_, id, nullptr);
            if (is_own(group.owner)) {
                if (slot.rolling()) leave_all(id, -1);
                const bool replaced = own_.incoming.front().replaces && slot.workload.kind != WorkloadKind::DaemonSet;
                group.count = replaced ? slot.workload.desired - state_.counted_under(id) : 0;
                add(std::move(group), Origin::Pending);  // old pods that are missing may still come before they go
                continue;
            }
            group.count = slot.workload.desired - state_.counted_under(id);
            if (slot.rolling()) {
                const bool observed = slot.workload.generation == slot.workload.observed_generation;
                group.count = slot.workload.desired - (observed ? slot.workload.updated : 0);
                group.replaces = true;
                group.coupling = rules::coupling_of(slot.workload);
                group.coupled_total = std::max(slot.workload.desired, state_.counted_under(id));
                if (slot.workload.kind == WorkloadKind::DaemonSet) group.coupled_total = 1;
            }
            group.target_total = slot.workload.desired;
            group.count -= reserved_for(group.owner);
            const int index = group.count > 0 ? static_cast<int>(background_.groups.size()) : -1;
            add(std::move(group), Origin::Pending);
            if (slot.rolling()) leave_all(id, index);
        }
    }

    void leave_all(WorkloadId id, int group) {
        for (const PodId pod : state_.pods_under(id)) leave(pod, rules::holds_a_name(state_, id, pod) ? group : -1);
    }

    void add_pending_pods() {
        for (const PodId id : state_.pending()) {
            const cluster::PodSlot& pod = state_.pod(id);
            const WorkloadId root = state_.root_of(id);
            OwnerKey owner{WorkloadKind::Pod, state_.namespace_name(pod.ns), pod.name};
            std::optional<Bytes> highest;
            if (root != kNone) {
                owner = rules::key_of(state_.workload(root).workload);
                highest = state_.highest_use(root);
            }
            const auto same =
                std::find_if(background_.groups.begin(), background_.groups.end(), [&](const PodGroup& g) {
                    return g.owner == owner && g.coupling == Coupling::Free && *g.shape == *pod.shape;
                });
            if (same != background_.groups.end() && root != kNone &&
                background_.origins[static_cast<std::size_t>(same - background_.groups.begin())] == Origin::Pending) {
                same->count += 1;
                continue;
            }
            PodGroup group;
            group.owner = std::move(owner);
            group.shape = std::make_shared<cluster::PodShape>(*pod.shape);
            group.each = estimate(*pod.shape, highest);
            group.count = 1;
            add(std::move(group), Origin::Pending);
        }
    }

    /// A pod of higher priority may push lower ones off a node; these then come back anywhere.
    void add_preemption() {
        std::int32_t highest = std::numeric_limits<std::int32_t>::min();
        for (const PodGroup& group : own_.incoming)
            if (group.shape->preempts && group.count > 0) highest = std::max(highest, group.shape->priority);
        const auto lowest = state_.lowest_priority();
        if (!lowest || highest <= *lowest) return;
        std::unordered_map<WorkloadId, std::int64_t> victims;
        for (PodId id = 0; id < state_.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state_.pod(id);
            if (!pod.counted() || !pod.bound || pod.shape->priority >= highest) continue;
            leave(id, -1);
            const WorkloadId root = state_.root_of(id);
            if (root == kNone) continue;
            ++victims[root];
        }
        for (const auto& [root, count] : victims) {
            PodGroup group = rules::group_of_workload(state_, root, nullptr);
            group.count = count;
            add(std::move(group), Origin::Pending);
        }
    }

    const State& state_;
    const Effect& own_;
    Background background_;
    std::vector<std::pair<OwnerKey, std::int64_t>> reserved_;
    std::unordered_set<PodId> leaves_;
};

}  // namespace

std::int64_t outstanding(const Reservation& reservation, const PodGroup& group, const State& state) {
    if (reservation.shown && !reservation.effect.lasting) return 0;
    const WorkloadId id = find(group.owner, state);
    if (id == kNone || group.replaces) return group.count;
    return std::min(group.count, std::max<std::int64_t>(0, group.target_total - state.counted_under(id)));
}

bool visible(const Effect& effect, const State& state) {
    return std::all_of(effect.incoming.begin(), effect.incoming.end(), [&](const PodGroup& group) {
        const WorkloadId id = find(group.owner, state);
        if (id == kNone) return false;
        if (state.in_flux().contains(state.root_of_workload(id))) return false;
        const std::vector<PodId> pods = state.pods_under(id);
        return std::none_of(pods.begin(), pods.end(), [&](PodId pod) {
            const cluster::PodSlot& slot = state.pod(pod);
            return slot.active() && (!slot.bound || slot.place_in_unseen != kNone);
        });
    });
}

Background background_of(const State& state, std::span<const Reservation> reservations, const Effect& own) {
    return Builder(state, own).build(reservations);
}

}  // namespace helix::gate
