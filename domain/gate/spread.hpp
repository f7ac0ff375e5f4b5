#pragma once

#include <cstdint>
#include <vector>

#include "domain/gate/effect.hpp"

namespace helix::gate {

/// Lowers `most` ([row], 0 = no candidate) to what the group's hostname spread constraints allow.
///
/// A row may take c pods when the others can be raised, by the pods that are left of `pods_to_come`, to within max_skew
/// of it: x_n + c - max_skew <= the lowest count of the other domains. Where the model cannot tell, nothing is lowered.
/// Source: kube-scheduler plugin PodTopologySpread, whenUnsatisfiable DoNotSchedule.
void bound_by_spread(const cluster::State& state, const PodGroup& group, std::int64_t pods_to_come,
                     std::vector<std::int64_t>& most);

}  // namespace helix::gate
