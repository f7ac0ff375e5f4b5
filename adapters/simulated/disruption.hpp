#pragma once

#include <vector>

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// Whether the PodDisruptionBudgets over `pod` let it be evicted now.
/// Errors: PreconditionFailed in the words of the Eviction API (429).
Result<void> may_evict(const World& world, const Object& pod);

/// The pods that a drain of `node` evicts: not those of DaemonSets, no mirrors, none that is finished or leaving.
std::vector<Key> to_drain(const World& world, std::string_view node);

}  // namespace helix::simulated
