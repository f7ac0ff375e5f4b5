#pragma once

#include "domain/gate/effect.hpp"

namespace helix::gate {

/// Memory of a container to come: its limit, which it cannot pass; without one the highest use seen of it; with
/// neither, unknown. (A Docker host has no scheduler that would add up requests.)
std::optional<Bytes> container_estimate(const cluster::PodShape& shape, std::optional<Bytes> highest_use);

/// What a write to a container of a Docker host may set in motion, on the host and on each GPU that it uses.
///
///     create, start   raise: its memory comes                     stop, delete   release
///     restart         move: the old process is gone before the new one begins
///     set-resources   a lower limit: nothing moves; else as a restart, whose new process may fill the new limit
///
/// Errors: NotFound (no such container), InvalidArgument (a verb that containers do not have). Source: docs/silos.md.
Result<Effect> container_effect(const Request& request, const cluster::State& state);

}  // namespace helix::gate
