#include "adapters/silo/mirror.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace helix::silo {
namespace {

using cluster::State;
using cluster::Workload;
using cluster::WorkloadKind;
using docker::Container;

/// Bound to its unit by nobody's choice. It asks for no room: no scheduler counts requests on a Docker host.
std::shared_ptr<const cluster::PodShape> shape_on(const std::string& unit, std::optional<cluster::Bytes> limit) {
    auto shape = std::make_shared<cluster::PodShape>();
    shape->request = {0, 0, 0};
    shape->memory_limit = limit;
    shape->node_name = unit;
    return shape;
}

/// A bound that no machine reaches is none.
std::optional<cluster::Bytes> bound(std::int64_t bytes) {
    return bytes > 0 && bytes <= docker::kMemoryMost ? std::optional(bytes) : std::nullopt;
}

std::optional<cluster::Bytes> vram_of(const Container& container) {
    const std::string text = container.label(docker::kVramLabel);
    std::int64_t bytes = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    return problem == std::errc{} && end == text.data() + text.size() ? bound(bytes) : std::nullopt;
}

/// The units of the GPUs that it uses. One that is not known is a unit, too: what is not known cannot be judged.
std::set<std::string> gpu_units(const Container& container, const std::string& silo,
                                const std::vector<GpuFigures>& gpus) {
    std::set<std::string> units;
    for (const std::string& id : container.gpus) {
        const auto known = std::find_if(gpus.begin(), gpus.end(),
                                        [&](const GpuFigures& gpu) { return id == gpu.index || id == gpu.uuid; });
        units.insert(gpu_unit(silo, known != gpus.end() ? known->index : id));
    }
    if (!container.all_gpus) return units;
    for (const GpuFigures& gpu : gpus) units.insert(gpu_unit(silo, gpu.index));
    if (gpus.empty()) units.insert(gpu_unit(silo, "s"));
    return units;
}

/// `unit` is empty for the container itself, else the GPU whose share it is.
void show_part(const Container& container, const std::string& silo, const std::string& unit, State& state) {
    Workload workload;
    workload.kind = WorkloadKind::Container;
    workload.ns = unit;
    workload.name = container.name;
    workload.uid = unit.empty() ? container.id : container.id + "@" + unit;
    workload.resource_version = container.version();
    workload.desired = container.running || container.restarting ? 1 : 0;
    workload.updated = workload.desired;
    workload.deleting = container.status == "removing";
    workload.shape = unit.empty() ? shape_on(silo, bound(container.memory_limit)) : shape_on(unit, vram_of(container));
    state.upsert(workload);
    if (!container.running) return;
    cluster::Pod pod;
    pod.ns = unit;
    pod.name = container.name;
    pod.uid = workload.uid + " " + container.started_at;  // started again: another process, whose memory is new
    pod.node = unit.empty() ? silo : unit;
    pod.controller = cluster::OwnerRef{"Container", workload.name, workload.uid};
    pod.phase = cluster::PodPhase::Running;
    pod.ready = true;
    pod.shape = workload.shape;
    state.upsert(pod);
}

void show_unit(const std::string& name, std::int64_t memory, std::int64_t cpus, State& state) {
    cluster::Node node;
    node.name = node.uid = name;
    node.ready = true;
    node.allocatable = {memory, cpus * 1000, std::numeric_limits<std::int32_t>::max()};
    state.upsert(node);
}

Workload planned_part(const std::string& name, const std::string& ns, const std::string& unit,
                      std::optional<cluster::Bytes> limit) {
    Workload workload;
    workload.kind = WorkloadKind::Container;
    workload.ns = ns;
    workload.name = name;
    workload.desired = 1;
    workload.shape = shape_on(unit, limit);
    return workload;
}

}  // namespace

std::string gpu_unit(const std::string& silo, const std::string& index) {
    return silo + "/gpu" + index;
}

void show_host(const std::string& silo, std::int64_t memory_total, std::int64_t cpus, State& state) {
    show_unit(silo, memory_total, cpus, state);
}

void show_gpus(const std::string& silo, const std::vector<GpuFigures>& gpus, State& state) {
    for (const GpuFigures& gpu : gpus) show_unit(gpu_unit(silo, gpu.index), gpu.total, 0, state);
}

void show_containers(const std::string& silo, const std::vector<Container>& all, const std::vector<GpuFigures>& gpus,
                     State& state) {
    const std::uint32_t mark = state.begin_relist();
    for (const Container& container : all) {
        show_part(container, silo, "", state);
        for (const std::string& unit : gpu_units(container, silo, gpus)) show_part(container, silo, unit, state);
    }
    state.finish_relist_pods(mark);
    state.finish_relist_workloads(WorkloadKind::Container, mark);
}

void show_use(const std::map<std::string, std::int64_t>& by_name, cluster::Micros at, State& state) {
    for (const auto& [name, bytes] : by_name) state.set_pod_usage("", name, {bytes, at});
}

void show_host_use(const std::string& silo, const MemoryFigures& memory, cluster::Micros at, State& state) {
    state.set_node_usage(silo, {memory.used, at});
}

void show_gpu_use(const std::string& silo, const std::vector<GpuFigures>& gpus, cluster::Micros at, State& state) {
    for (const GpuFigures& gpu : gpus) {
        if (!gpu.used) continue;
        const std::string unit = gpu_unit(silo, gpu.index);
        const cluster::NodeId id = state.find_node(unit);
        if (id == cluster::kNone) continue;
        std::map<std::string, cluster::Bytes> stated;
        cluster::Bytes all = 0;
        for (const cluster::PodId pod : state.pods_on(id)) {
            const auto part = state.find_workload(WorkloadKind::Container, unit, state.pod(pod).name);
            const cluster::Bytes most = part == cluster::kNone || !state.workload(part).workload.shape
                                            ? 0
                                            : state.workload(part).workload.shape->memory_limit.value_or(0);
            stated.emplace(state.pod(pod).name, most);
            all += most;
        }
        // Whoever has not loaded his model yet will. Which part of the driver's figure is whose is not known: of one
        // that leaves only that much is freed by which the statements exceed it.
        const cluster::Bytes beyond = std::max<cluster::Bytes>(0, all - *gpu.used);
        for (const auto& [name, most] : stated) state.set_pod_usage(unit, name, {std::min(beyond, most), at});
        state.set_node_usage(unit, {*gpu.used + beyond, at});
    }
}

Workload planned(const std::string& silo, const docker::Manifest& manifest) {
    return planned_part(manifest.name, "", silo, manifest.memory);
}

std::vector<Workload> planned_gpu_shares(const std::string& silo, const docker::Manifest& manifest) {
    std::vector<Workload> shares;
    for (const std::string& gpu : manifest.gpus) {
        const std::string unit = gpu_unit(silo, gpu);
        shares.push_back(planned_part(manifest.name, unit, unit, manifest.vram));
    }
    return shares;
}

}  // namespace helix::silo
