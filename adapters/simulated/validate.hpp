#pragma once

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// Refuses what a real API server would refuse with 422: names, replicas, selectors, templates, immutable fields.
/// `before` is null for a new object. Errors: InvalidArgument with the field in `where`.
Result<void> validate(const Key& key, const Json& manifest, const Json* before);

}  // namespace helix::simulated
