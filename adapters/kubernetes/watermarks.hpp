#pragma once

#include <cstdint>
#include <vector>

#include "adapters/kube_objects/objects.hpp"
#include "domain/cluster/state.hpp"
#include "service/ports/target.hpp"

namespace helix::kubernetes {

/// The watermarks of the proxy score, in millionths of the memory request.
struct WatermarkOptions {
    std::int64_t low_ppm = 500'000;
    std::int64_t high_ppm = 900'000;
};

/// Where `value` stands between `low` and `high`, in millionths, within [0, 1000000]:
///
///     score = (value - low) / (high - low)
///
/// A scale without width is a step at `high`.
std::int64_t watermark_score(std::int64_t value, std::int64_t low, std::int64_t high);

/// The score of every workload that has one, sorted by namespace, kind and name. From the autoscaler that names it, its
/// highest metric counting; else the proxy: memory in use over memory requested, summed over its pods with a sample.
std::vector<ports::WpaScore> watermark_scores(const std::vector<kube_objects::WatermarkAutoscaler>& autoscalers,
                                              const cluster::State& state, const WatermarkOptions& options);

}  // namespace helix::kubernetes
