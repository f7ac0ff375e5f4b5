#include "domain/gate/spread.hpp"

#include <algorithm>
#include <limits>

#include "domain/cluster/placement.hpp"

namespace helix::gate {
namespace {

using cluster::NodeId;
using cluster::PodId;
using cluster::State;

/// The domains of one constraint, sorted by their count of matching pods.
class Domains {
public:
    Domains(const State& state, const PodGroup& group, const cluster::HostnameSpread& spread,
            const std::vector<std::int64_t>& most)
        : counts_(state.rows().size(), -1) {
        const cluster::UnitTable& rows = state.rows();
        for (NodeId id = 0; id < rows.size(); ++id) {
            if (!rows[id].live || !is_domain(state.node(id), *group.shape, spread)) continue;
            counts_[id] = 0;
        }
        count_pods(state, group, spread);
        for (NodeId id = 0; id < rows.size(); ++id) {
            if (counts_[id] < 0) continue;
            const std::int64_t reach = counts_[id] + fitting(rows[id].free, group.shape->request, most[id]);
            sorted_.push_back(counts_[id]);
            note_reach(id, reach);
        }
        std::sort(sorted_.begin(), sorted_.end());
        sums_.assign(sorted_.size() + 1, 0);
        for (std::size_t i = 0; i < sorted_.size(); ++i) sums_[i + 1] = sums_[i] + sorted_[i];
    }

    [[nodiscard]] std::size_t size() const { return sorted_.size(); }
    [[nodiscard]] std::int64_t count(NodeId id) const { return std::max<std::int64_t>(counts_[id], 0); }

    /// Whether every domain but `id` can come to hold `floor` matching pods with `budget` more.
    [[nodiscard]] bool others_reach(NodeId id, std::int64_t floor, std::int64_t budget) const {
        if (floor <= 0) return true;
        const std::int64_t least_reach = id == least_owner_ ? second_reach_ : least_reach_;
        if (least_reach < floor) return false;
        const auto below = std::lower_bound(sorted_.begin(), sorted_.end(), floor) - sorted_.begin();
        std::int64_t missing = floor * below - sums_[static_cast<std::size_t>(below)];
        if (counts_[id] >= 0 && counts_[id] < floor) missing -= floor - counts_[id];
        return missing <= budget;
    }

private:
    static bool is_domain(const cluster::Node& node, const cluster::PodShape& shape,
                          const cluster::HostnameSpread& spread) {
        if (spread.honor_affinity && !cluster::selects(shape, node)) return false;
        if (!spread.honor_taints) return true;
        return std::all_of(node.taints.begin(), node.taints.end(), [&](const cluster::Taint& taint) {
            return taint.effect == cluster::TaintEffect::PreferNoSchedule ||
                   cluster::tolerates(shape.tolerations, taint);
        });
    }

    void count_pods(const State& state, const PodGroup& group, const cluster::HostnameSpread& spread) {
        for (PodId id = 0; id < state.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state.pod(id);
            if (!pod.counted() || pod.node == cluster::kNone || counts_[pod.node] < 0) continue;
            if (state.namespace_name(pod.ns) != group.owner.ns) continue;
            if (cluster::matches(spread.pod_selector, pod.shape->labels, pod.name)) ++counts_[pod.node];
        }
    }

    void note_reach(NodeId id, std::int64_t reach) {
        if (reach < least_reach_) {
            second_reach_ = least_reach_;
            least_reach_ = reach;
            least_owner_ = id;
        } else {
            second_reach_ = std::min(second_reach_, reach);
        }
    }

    std::vector<std::int64_t> counts_;  // -1: not a domain
    std::vector<std::int64_t> sorted_;
    std::vector<std::int64_t> sums_;
    std::int64_t least_reach_ = std::numeric_limits<std::int64_t>::max();
    std::int64_t second_reach_ = std::numeric_limits<std::int64_t>::max();
    NodeId least_owner_ = cluster::kNone;
};

/// The largest c <= bound that `domains` allow on row `id`.
std::int64_t largest(const Domains& domains, NodeId id, const cluster::HostnameSpread& spread, std::int64_t bound,
                     std::int64_t pods_to_come) {
    const bool too_few = static_cast<std::int64_t>(domains.size()) < spread.min_domains;
    std::int64_t low = 0;
    std::int64_t high = bound;
    while (low < high) {
        const std::int64_t count = low + (high - low + 1) / 2;
        const std::int64_t floor = domains.count(id) + count - spread.max_skew;
        const bool allowed = too_few ? floor <= 0 : domains.others_reach(id, floor, pods_to_come - count);
        if (allowed) {
            low = count;
        } else {
            high = count - 1;
        }
    }
    return low;
}

}  // namespace

void bound_by_spread(const State& state, const PodGroup& group, std::int64_t pods_to_come,
                     std::vector<std::int64_t>& most) {
    for (const cluster::HostnameSpread& spread : group.shape->spreads) {
        // The pods to come count for themselves only when the constraint selects them.
        if (!cluster::matches(spread.pod_selector, group.shape->labels, "")) continue;
        const Domains domains(state, group, spread, most);
        for (NodeId id = 0; id < most.size(); ++id)
            if (most[id] > 0) most[id] = largest(domains, id, spread, most[id], pods_to_come);
    }
}

}  // namespace helix::gate
