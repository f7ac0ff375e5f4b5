#pragma once

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// Fills an empty world with the cluster that a newcomer sees: five nodes of 16 GiB, one of them fuller than the others
/// and one reserved by a taint, the namespaces shop, agents and kube-system, twelve workloads, forty pods.
///
/// Made so that `shop/cart` may be scaled up by a few pods, and not by many: `demo-node-3` stands a little above its
/// floor, and every one of them might land there.
void demo_world(World& world);

}  // namespace helix::simulated
