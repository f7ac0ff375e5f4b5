#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/simulated/sim_options.hpp"
#include "adapters/simulated/watch_feed.hpp"
#include "adapters/simulated/world.hpp"
#include "service/ports/target.hpp"

namespace helix::simulated {

/// A Kubernetes cluster that exists only in this process: API server, controllers, scheduler, kubelets and metrics.
///
/// It is what the service runs against when no cluster is reached, and what the simulation tests run against.
///
/// With a SimClock nothing happens unless the clock is advanced, on the thread that advances it; equal options and
/// equal calls give equal traces. `await_visible` and a late answer then advance the clock themselves, as waiting does.
/// Without one a thread of its own follows the wall clock.
class SimulatedTarget : public ports::Target {
public:
    /// The truth behind the mirror, for tests and for other writers; what `use` changes is settled and watched as any
    /// change. `use` must not call this target.
    virtual void with_world(const std::function<void(World&)>& use) = 0;

    /// Truth and mirror at one moment.
    virtual void compare(const std::function<void(const World&, const cluster::State&)>& reader) const = 0;

    /// Replaces the faults from now on.
    virtual void set_faults(const Faults& faults) = 0;
    [[nodiscard]] virtual FaultCounts fault_counts() const = 0;

    /// Whether the mirror has all that the world has said so far.
    [[nodiscard]] virtual bool quiescent() const = 0;

    /// A digest of everything that happened in the world.
    [[nodiscard]] virtual std::uint64_t trace_hash() const = 0;
};

/// A target named `name`. Errors of writes: as a real API server's; see api.hpp.
std::unique_ptr<SimulatedTarget> make_simulated_target(std::string name, SimOptions options);

}  // namespace helix::simulated
