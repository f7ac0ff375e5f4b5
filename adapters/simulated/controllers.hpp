#pragma once

#include <unordered_map>
#include <vector>

#include "adapters/simulated/world.hpp"

namespace helix::simulated {

/// The controller manager: one round of every controller over the world as it is. Level-based: a round without
/// anything to do changes nothing, and World::settle runs rounds until that is so.
void run_controllers(World& world);

/// Objects by the uid of their controller, as one round sees them.
class Owned {
public:
    explicit Owned(World& world);
    /// Pods or ReplicaSets that `owner` controls, by name.
    [[nodiscard]] const std::vector<Key>& of(const Object& owner) const;

private:
    std::unordered_map<std::string, std::vector<Key>> by_owner_;
};

/// Pods of an owner as a controller counts them.
struct PodCounts {
    std::vector<Object*> active;  ///< not terminating, not finished
    std::int64_t available = 0;   ///< of those: running and ready
    std::int64_t terminating = 0;
    std::int64_t succeeded = 0;
};
PodCounts count_pods(World& world, const Owned& owned, const Object& owner);

// One per kind; each acts on one object.
void reconcile_deployment(World& world, const Owned& owned, Object& deployment);
void reconcile_replica_set(World& world, const Owned& owned, Object& set);
void reconcile_stateful_set(World& world, const Owned& owned, Object& set);
void reconcile_daemon_set(World& world, const Owned& owned, Object& set);
void reconcile_job(World& world, const Owned& owned, Object& job);

/// Writes a workload's status when it differs: what the controller has seen and how many pods are of the new template.
void report_status(World& world, Object& workload, std::int64_t updated, std::int64_t desired);

}  // namespace helix::simulated
