#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/cluster/state.hpp"
#include "domain/gate/action.hpp"
#include "domain/gate/unit_problem.hpp"

namespace helix::gate {

/// Names a pod-making object beyond the life of a mirror slot.
struct OwnerKey {
    cluster::WorkloadKind kind = cluster::WorkloadKind::Other;
    std::string ns;
    std::string name;

    friend bool operator==(const OwnerKey&, const OwnerKey&) = default;
};

std::string describe(const OwnerKey& owner);

/// Pods of one template that may come and land on any node that takes them.
struct PodGroup {
    OwnerKey owner;
    std::shared_ptr<const cluster::PodShape> shape;
    std::int64_t count = 0;
    std::optional<Bytes> each;                                              ///< none: memory unknown
    std::int64_t per_node_most = std::numeric_limits<std::int64_t>::max();  ///< 1 for a DaemonSet
    Coupling coupling = Coupling::Free;
    std::int64_t coupled_total = 0;
    /// The owner's number of pods once the write is done; a reservation asks for what is still missing of it.
    std::int64_t target_total = 0;
    bool replaces = false;  ///< pods of a new template, or replacements: old pods do not count towards the total
};

/// A pod that may leave, by name: ids do not outlive their pod.
struct PodName {
    std::string ns;
    std::string name;
    int group = -1;                          ///< index of the incoming group coupled to it; -1: none
    cluster::PodId likely = cluster::kNone;  ///< where it stood in the state: spares a look-up while it still does
};

/// What a write may do to memory.
enum class EffectKind {
    Neutral,  ///< no memory moves
    Release,  ///< memory is only released
    Raise,    ///< pods may come
    Move,     ///< pods leave and others come in their place
};

std::string_view to_string(EffectKind kind);

/// Everything that one action may set in motion; the gate judges it and a reservation keeps it.
struct Effect {
    EffectKind kind = EffectKind::Neutral;
    OwnerKey subject;  ///< the pod-making object, when there is one
    std::vector<PodGroup> incoming;
    std::vector<PodName> leaving;              ///< may leave at any time, or stay
    std::vector<PodName> released;             ///< Release: among these ...
    std::int64_t released_count = 0;           ///< ... so many leave
    std::vector<std::string> cordoned;         ///< nodes that take no more pods afterwards
    std::vector<cluster::Node> changed_nodes;  ///< nodes that may take more pods afterwards, as they will be
    std::vector<std::string> removed_nodes;
    bool lasting = false;    ///< what it allows may come at any later time (an autoscaler)
    std::string unmodelled;  ///< not empty: the gate refuses, and says this
};

/// What the rules need besides the state.
struct Settings {
    cluster::Micros now = 0;
    cluster::Micros metrics_age_max = 90'000'000;
    bool relief = true;
    std::int64_t replicas_max = 100'000;
    std::vector<std::string> neutral_kinds;  ///< extends the shipped list, "Kind.group"
};

/// Memory of a pod to come: max(request, the highest use seen among its owner's running pods); with neither, its limit;
/// with none of the three, unknown.
std::optional<Bytes> estimate(const cluster::PodShape& shape, std::optional<Bytes> highest_use);

/// What `request` may set in motion in `state`.
/// Errors: NotFound (no such object), InvalidArgument (parameters missing or absurd).
Result<Effect> effect_of(const Request& request, const cluster::State& state, const Settings& settings);

}  // namespace helix::gate
