#pragma once

#include <string>
#include <vector>

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// Names of the nodes on which `pod` could land now: placement filters, resources and hostname spread.
std::vector<std::string> feasible_nodes(const World& world, const Object& pod);

/// Binds every pending pod that fits somewhere, by priority and age. A pod with priority that fits nowhere makes
/// room by deleting pods of lower priority from one node; it is bound when they are gone.
void schedule_pending(World& world);

}  // namespace helix::simulated
