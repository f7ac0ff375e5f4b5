#pragma once

#include <cstdint>
#include <span>
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
    Arrivals arrivals;

    struct LeavingPod {
        cluster::PodId pod = cluster::kNone;
        cluster::NodeId row = cluster::kNone;
        int group = -1;
        bool own = false;
    };
    std::vector<LeavingPod> leaving;  ///< by row; on each the write's own first
    /// The write's own groups that do not wholly find room now. A pod that finds none waits, and lands unjudged once
    /// anybody who is there today has left: so everybody on the candidates of such a group may leave.
    std::vector<std::size_t> crowded;

    [[nodiscard]] std::span<const LeavingPod> leaving_on(cluster::NodeId row) const;
};

/// Lays out `effect` over `state` and `background`: filters, cordons, spread constraints, changed and removed nodes.
Landscape lay_out(const cluster::State& state, const Background& background, const Effect& effect);

}  // namespace helix::gate
