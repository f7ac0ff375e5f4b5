#pragma once

#include <span>
#include <vector>

#include "domain/gate/effect.hpp"
#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// The worst case of a write that was admitted and whose effect the metrics do not show yet.
struct Reservation {
    std::string id;  ///< of its cycle and action
    Effect effect;
    cluster::Micros expires_at = 0;
    bool shown = false;  ///< the mirror shows the write itself: from then on the state tells what is still to come
};

/// What may still happen without the write in question.
struct Background {
    std::vector<PodGroup> groups;
    std::vector<Origin> origins;               ///< of each group
    std::vector<PodGroup> own_more;            ///< pods that the write makes of those an admitted write makes
    std::vector<cluster::PodId> leaving;       ///< pods that may go: terminating, or being replaced
    std::vector<cluster::Node> changed_nodes;  ///< by admitted writes not yet seen: either form may be met
    std::vector<int> leaving_groups;  ///< per leaving pod: index into `groups` of the one coupled to it; -1: none
};

/// Pods pending, pods that controllers are about to make, and what reservations still lack, seen from `subject`: its
/// own missing pods are the write's affair and left out.
Background background_of(const cluster::State& state, std::span<const Reservation> reservations, const Effect& own);

/// Of a reservation's group, how many pods may come that `state` itself does not tell of.
std::int64_t outstanding(const Reservation& reservation, const PodGroup& group, const cluster::State& state);

/// Whether every pod that `effect` makes is bound and shown in the metrics: its reservation has done its work.
bool visible(const Effect& effect, const cluster::State& state);

}  // namespace helix::gate
