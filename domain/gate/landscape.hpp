#pragma once

#include <cstdint>
#include <memory>
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
    /// [group][row]: the most pods of the group that the row may take, room aside; 0 where filters forbid it.
    std::vector<std::vector<std::int64_t>> most;
    /// [row]: estimates of bound pods that the row's figure does not show; -1 where one of them is unknown.
    std::vector<Bytes> unseen;
    /// [row]: indexes into `leaving`.
    std::vector<std::vector<std::uint32_t>> leaving_on;

    struct LeavingPod {
        cluster::PodId pod = cluster::kNone;
        int group = -1;
        bool own = false;
    };
    std::vector<LeavingPod> leaving;
};

/// Lays out `effect` over `state` and `background`: filters, cordons, spread constraints, changed and removed nodes.
Landscape lay_out(const cluster::State& state, const Background& background, const Effect& effect);

}  // namespace helix::gate
