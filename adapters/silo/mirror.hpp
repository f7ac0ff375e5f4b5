#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/docker/container.hpp"
#include "adapters/docker/manifest.hpp"
#include "adapters/silo/host_figures.hpp"
#include "domain/cluster/state.hpp"

/// A Docker host as the gate sees it: the host and each GPU are units, a container is a workload of at most one pod
/// that is bound to the host, and of one more for each GPU that it uses.
namespace helix::silo {

/// The unit of the GPU with that index: "forge/gpu0".
std::string gpu_unit(const std::string& silo, const std::string& index);

void show_host(const std::string& silo, std::int64_t memory_total, std::int64_t cpus, cluster::State& state);
void show_gpus(const std::string& silo, const std::vector<GpuFigures>& gpus, cluster::State& state);

/// All containers of the host; those not among them are gone.
void show_containers(const std::string& silo, const std::vector<docker::Container>& all,
                     const std::vector<GpuFigures>& gpus, cluster::State& state);

/// Memory in use by container, stamped `at`.
void show_use(const std::map<std::string, std::int64_t>& by_name, cluster::Micros at, cluster::State& state);
/// The host's own figure; after show_use, because it counts what those show.
void show_host_use(const std::string& silo, const MemoryFigures& memory, cluster::Micros at, cluster::State& state);
/// VRAM in use: what the driver says, or what the containers there state, whichever is more.
void show_gpu_use(const std::string& silo, const std::vector<GpuFigures>& gpus, cluster::Micros at,
                  cluster::State& state);

/// The container that a manifest asks for, and its share of each GPU.
cluster::Workload planned(const std::string& silo, const docker::Manifest& manifest);
std::vector<cluster::Workload> planned_gpu_shares(const std::string& silo, const docker::Manifest& manifest);

}  // namespace helix::silo
