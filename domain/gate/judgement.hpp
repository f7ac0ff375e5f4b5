#pragma once

#include "domain/gate/landscape.hpp"
#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// Judges pods to come: every unit that one of the write's own groups can reach, in its worst case. Adds the cases,
/// `why` and `passed` to `verdict`.
void judge_placements(const cluster::State& state, Landscape land, const Effect& effect, std::string_view reason,
                      const Settings& settings, Verdict& verdict);

/// Judges a write that only releases memory: it passes, on BREAK units as relief.
void judge_release(const cluster::State& state, const Effect& effect, std::string_view reason, const Settings& settings,
                   Verdict& verdict);

/// Adds the node changes of a plan's earlier actions to a later one's effect; `uncordons`: the later one is an
/// uncordon.
void carry_nodes(const cluster::State& state, const Effect& earlier, bool uncordons, Effect& later);

}  // namespace helix::gate
