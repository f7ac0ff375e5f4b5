#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "service/ports/clock.hpp"
#include "service/usecases/targets.hpp"

namespace helix::usecases {

/// What people and programs read of the targets, as the JSON that openapi/helix.yaml describes.
///
/// Thread safety: any method from any thread.
class Views {
public:
    Views(const Targets& targets, const ports::Clock& clock, std::int64_t metrics_age_max_us)
        : targets_(targets), clock_(clock), metrics_age_max_us_(metrics_age_max_us) {}

    /// openapi: Target.
    [[nodiscard]] nlohmann::json target(const TargetRuntime& runtime) const;

    /// openapi: Unit, the fullest first.
    [[nodiscard]] std::vector<nlohmann::json> units(const TargetRuntime& runtime) const;

    struct WorkloadFilter {
        std::string ns;    ///< empty: all
        std::string kind;  ///< empty: all
    };
    /// openapi: Workload, by namespace, kind, name; topmost owners only, with their WPA score.
    [[nodiscard]] std::vector<nlohmann::json> workloads(const TargetRuntime& runtime,
                                                        const WorkloadFilter& filter) const;

    /// The data of a `pod.count` event: counts by phase and namespace.
    [[nodiscard]] nlohmann::json pod_count(const TargetRuntime& runtime) const;

    /// The data of a `silo.stats` event: each container of a Docker host with its memory in use and its limit. Null for
    /// another kind of target, or one not read yet.
    [[nodiscard]] nlohmann::json silo_stats(const TargetRuntime& runtime) const;

private:
    [[nodiscard]] nlohmann::json unit(const std::string& target, const cluster::State& state, cluster::NodeId id) const;

    const Targets& targets_;
    const ports::Clock& clock_;
    const std::int64_t metrics_age_max_us_;
};

}  // namespace helix::usecases
