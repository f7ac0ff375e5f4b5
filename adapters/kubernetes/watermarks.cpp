#include "adapters/kubernetes/watermarks.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "domain/core/int128.hpp"

namespace helix::kubernetes {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

using Key = std::tuple<std::string, std::string, std::string>;

/// Memory in use and requested, over the pods of one workload.
struct Sums {
    Int128 used = 0;
    Int128 requested = 0;
};

std::int64_t proxy_score(const Sums& sums, const WatermarkOptions& options) {
    const Int128 share = sums.used * kMillion / sums.requested;
    return watermark_score(static_cast<std::int64_t>(std::min<Int128>(share, Int128{1000} * kMillion)), options.low_ppm,
                           options.high_ppm);
}

std::map<cluster::WorkloadId, Sums> sums_by_root(const cluster::State& state) {
    std::map<cluster::WorkloadId, Sums> sums;
    for (cluster::PodId id = 0; id < state.pod_slots(); ++id) {
        const cluster::PodSlot& pod = state.pod(id);
        if (!pod.active() || pod.use.at == 0 || pod.shape->request.memory <= 0) continue;
        const cluster::WorkloadId root = state.root_of(id);
        if (root == cluster::kNone || !state.workload(root).known) continue;
        sums[root].used += pod.use.bytes;
        sums[root].requested += pod.shape->request.memory;
    }
    return sums;
}

}  // namespace

std::int64_t watermark_score(std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value >= high) return kMillion;
    if (value <= low) return 0;
    return static_cast<std::int64_t>((Int128{value} - low) * kMillion / (Int128{high} - low));
}

std::vector<ports::WpaScore> watermark_scores(const std::vector<kube_objects::WatermarkAutoscaler>& autoscalers,
                                              const cluster::State& state, const WatermarkOptions& options) {
    std::map<Key, ports::WpaScore> scores;
    for (const auto& [root, sums] : sums_by_root(state)) {
        const cluster::Workload& workload = state.workload(root).workload;
        const std::string kind(to_string(workload.kind));
        scores[{workload.ns, kind, workload.name}] = {workload.ns, kind, workload.name, proxy_score(sums, options),
                                                      true};
    }
    for (const auto& scaler : autoscalers) {
        std::int64_t highest = -1;
        for (const auto& mark : scaler.watermarks)
            if (mark.current_milli)
                highest = std::max(highest, watermark_score(*mark.current_milli, mark.low_milli, mark.high_milli));
        if (highest >= 0)
            scores[{scaler.ns, scaler.target_kind, scaler.target_name}] = {scaler.ns, scaler.target_kind,
                                                                           scaler.target_name, highest, false};
    }
    std::vector<ports::WpaScore> sorted;
    for (auto& [key, score] : scores) sorted.push_back(std::move(score));
    return sorted;
}

}  // namespace helix::kubernetes
