#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "domain/core/int128.hpp"

namespace helix::scheduler_test {

inline constexpr const char* kNamespace = "cases";
inline constexpr std::int64_t kMi = 1024 * 1024;

/// Numbers in [low, high] from one seed.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
    bool one_in(int sides) { return pick(1, sides) == 1; }

private:
    std::mt19937_64 engine_;
};

struct SmallNode {
    std::string name;
    std::int64_t memory = 0;         ///< allocatable bytes
    int pods = 110;                  ///< allocatable pods
    std::optional<int> floor_pct{};  ///< a floor of its own, above γ₁

    /// Whether `used` bytes in use leave the floor's share free; the test's own sum, not the domain's.
    [[nodiscard]] bool keeps_floor(std::int64_t used) const;
};

struct SmallDeployment {
    std::string name;
    std::int64_t request = 0;    ///< bytes of each pod
    std::int64_t cpu_milli = 0;  ///< request of each pod
    std::int64_t usage = 0;      ///< bytes that KWOK says each pod uses
    int replicas = 0;            ///< as last asked for
    int replicas_min = 0;        ///< one where only a running pod tells how much a pod uses
    bool spread = false;         ///< DoNotSchedule over hostnames
    bool recreate = false;
};

/// Two or three nodes that take nobody else's pods, and two deployments that run nowhere else.
struct SmallCluster {
    int number = 0;
    std::vector<SmallNode> nodes;
    std::vector<SmallDeployment> deployments;
    std::optional<std::pair<std::size_t, int>> largest_safe{};  ///< deployment and count that the last refusal named

    [[nodiscard]] nlohmann::json node_manifest(const SmallNode& node) const;
    [[nodiscard]] nlohmann::json deployment_manifest(const SmallDeployment& deployment) const;

    /// A bare pod that asks for what a pod of `deployment` asks for, where only `node` will do; it uses next to
    /// nothing.
    [[nodiscard]] nlohmann::json probe_manifest(const SmallDeployment& deployment, const std::string& node,
                                                const std::string& name) const;

    /// nullptr when there is none of that name.
    [[nodiscard]] const SmallNode* node(const std::string& name) const;
    [[nodiscard]] const SmallDeployment* deployment(const std::string& name) const;

private:
    [[nodiscard]] nlohmann::json pod_template(const SmallDeployment& deployment) const;
};

SmallCluster draw_cluster(int number, Dice& dice);

}  // namespace helix::scheduler_test
