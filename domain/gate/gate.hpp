#pragma once

#include <functional>
#include <span>
#include <vector>

#include "domain/gate/background.hpp"
#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// G and Rδ: may this write run, whatever the scheduler does and whatever state its rollout passes through?
///
/// `passed` is true only when every unit that the write could touch keeps its floor in every case; what is unknown is
/// never taken as safe. Decides in integers. One pass over the rows of `state`.
///
/// Errors: NotFound, InvalidArgument (see effect_of and check_reason). A BREAK is a verdict, not an error.
/// Source: docs/gate.md.
Result<Verdict> judge(const cluster::State& state, std::span<const Reservation> reservations, const Request& request,
                      const Settings& settings);

/// Is shown, of each action of a plan that is judged, what it was judged by: its effect, and what was admitted before
/// it.
using Witness = std::function<void(const Effect& effect, std::span<const Reservation> earlier)>;

/// A plan: each action judged on every state that the earlier ones can leave. Stops after the first that does not pass.
Result<std::vector<Verdict>> judge_plan(const cluster::State& state, std::span<const Reservation> reservations,
                                        std::span<const Request> plan, const Settings& settings,
                                        const Witness& witness = {});

/// Judges an effect that is already known; `reason` decides on relief. The step that `judge` and remedies share.
Verdict judge_effect(const cluster::State& state, std::span<const Reservation> reservations, const Effect& effect,
                     std::string_view reason, const Settings& settings);

}  // namespace helix::gate
