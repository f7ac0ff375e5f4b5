#pragma once

#include <set>
#include <string>

#include "service/ports/target.hpp"
#include "tests/support/test_cluster.hpp"

namespace helix::kubernetes {

/// What a target's mirror holds, one line each: "Pod ns/name uid node", "Node name", "Deployment ns/name uid replicas".
std::set<std::string> mirrored(const ports::Target& target);

/// The same as the API server tells it.
std::set<std::string> served(const test_support::TestCluster& cluster);

}  // namespace helix::kubernetes
