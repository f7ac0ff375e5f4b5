#pragma once

#include "domain/cluster/placement.hpp"
#include "domain/gate/effect.hpp"

/// The parts of `effect_of` that concern workloads; used by effect.cpp alone.
namespace helix::gate::rules {

OwnerKey key_of(const cluster::Workload& workload);

PodName pod_name(const cluster::State& state, cluster::PodId id, int group);

/// Labels that controllers put on pods per revision; selectors use them.
bool is_revision_label(std::string_view key);

Coupling coupling_of(const cluster::Workload& workload);

/// Whether a successor of one of `root`'s pods may have to wait for `id`. A StatefulSet's terminating pod may be one
/// beyond its size, whose name nobody waits for.
bool holds_a_name(const cluster::State& state, cluster::WorkloadId root, cluster::PodId id);

/// A group of pods of `root`'s template (of `fallback` while the template is not known), with its estimate.
PodGroup group_of_workload(const cluster::State& state, cluster::WorkloadId root, const cluster::PodShape* fallback);

Effect unmodelled_effect(const ObjectRef& object);

Result<Effect> scale_effect(const Action& action, std::optional<std::int64_t> planned, const cluster::State& state,
                            const Settings& settings);
Result<Effect> restart_effect(const Action& action, const cluster::State& state);
/// Create, apply, patch, set-image and set-resources, judged by what the target previews.
Result<Effect> manifest_effect(const Request& request, const cluster::State& state, const Settings& settings);

}  // namespace helix::gate::rules
