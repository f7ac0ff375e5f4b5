#pragma once

#include <span>

#include "domain/gate/background.hpp"
#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// Adds to a BREAK what would pass instead, each judged by the gate itself: the largest safe count, the failing units
/// cordoned first, a spread constraint.
void propose(const cluster::State& state, std::span<const Reservation> reservations, const Request& request,
             const Effect& effect, const Settings& settings, Verdict& verdict);

}  // namespace helix::gate
