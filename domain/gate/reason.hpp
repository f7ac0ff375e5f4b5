#pragma once

#include <string_view>

#include "domain/cluster/state.hpp"
#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

namespace helix::gate {

/// Whether `reason` references the γ₁ floor: contains γ₁, gamma1 or 14.134725141734693.
bool references_floor(std::string_view reason);

/// Rδ's check of the reason string against the snapshot.
///
/// A delete, an eviction or a drain needs a reason that references the γ₁ floor and says what floor signal it answers
/// (a unit, a percentage, or a word such as BREAK, floor or headroom beside the reference). A number that any reason
/// states of a unit ("n1 at 91 %") must be within 1 point of what the state shows.
///
/// Errors: InvalidArgument, with a mend that says how to write one.
Result<void> check_reason(const Action& action, const cluster::State& state);

}  // namespace helix::gate
