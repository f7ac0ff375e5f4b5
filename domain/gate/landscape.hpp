#pragma once

#include <cstdint>
#include <vector>

#include "domain/gate/background.hpp"

namespace helix::gate {

/// The groups of pods to come and the units that take them, laid out for one judgement.
///
/// Rows follow State::rows(); groups are the write's own first, then the background's.
struct Landscape {
    std::vector<PodGroup> groups;
    std::vector<Origin> origins;
    std::size_t own_count = 0;
    Movements movements;
    /// The write's own groups that do not wholly find room now. A pod that finds none waits, and lands unjudged once
    /// anybody who is there today has left: so everybody on the candidates of such a group may leave.
    std::vector<std::size_t> crowded;
};

/// `pod`, of the state, as one that may leave.
Departure departure(const cluster::State& state, cluster::PodId pod, int group, bool own);

/// Lays out `effect` over `state` and `background`: filters, cordons, spread constraints, changed and removed nodes.
Landscape lay_out(const cluster::State& state, const Background& background, const Effect& effect);

}  // namespace helix::gate
