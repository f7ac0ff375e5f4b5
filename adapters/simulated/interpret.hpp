#pragma once

#include "adapters/simulated/world.hpp"
#include "domain/gate/action.hpp"

namespace helix::simulated {

/// Fills the object's typed part from its manifest: node, workload or pod; other kinds have none. What the world
/// itself found out (status, memory, node of a pod) is kept.
/// Errors: InvalidArgument when the manifest cannot be read as its kind.
Result<void> interpret(Object& object, const MemoryProfile& usual);

/// How the memory of a manifest's pods moves: its annotation, or `usual`.
MemoryProfile memory_profile(const Json& manifest, const MemoryProfile& usual);
void set_memory(PodTruth& pod, const MemoryProfile& profile);

/// Labels of a workload's pod template.
cluster::Labels template_labels(const Json& manifest);
std::int64_t template_grace(const Json& manifest);
/// The pod template of a workload (a CronJob's is one level deeper); null when it has none.
const Json* pod_template(const Json& manifest);

/// The reference by which `owner` controls what it made.
Json owner_reference(const Object& owner);

/// Metadata of a pod that a controller made.
Json pod_manifest(const Object& owner, const std::string& name, const cluster::Labels& labels);

/// A pod of its own as the gate sees it: a workload of one. None for a pod that a controller made.
std::optional<cluster::Workload> bare_pod(const Object& pod);
/// Fills in what a HorizontalPodAutoscaler scales, and how far.
void read_scale_target(const Json& spec, gate::Preview& preview);

cluster::Labels read_labels(const Json& map);

/// "7d9c8b6f54": the digest of a pod template as a name part.
std::string hash_name(std::uint64_t digest);

}  // namespace helix::simulated
