#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace helix::cluster {

using Bytes = std::int64_t;
using Micros = std::int64_t;                                      ///< UTC, microseconds since 1970
using Labels = std::vector<std::pair<std::string, std::string>>;  ///< sorted by key

/// The value of `key`, or nullptr. `labels` must be sorted by key.
const std::string* find_label(const Labels& labels, std::string_view key);

/// What the scheduler adds up: memory in bytes, CPU in thousandths of a core, and pods.
struct Amounts {
    Bytes memory = 0;
    std::int64_t cpu_milli = 0;
    std::int64_t pods = 0;

    Amounts& operator+=(const Amounts& other);
    Amounts& operator-=(const Amounts& other);
    friend bool operator==(const Amounts&, const Amounts&) = default;
};

enum class TaintEffect { NoSchedule, PreferNoSchedule, NoExecute };

struct Taint {
    std::string key;
    std::string value;
    TaintEffect effect = TaintEffect::NoSchedule;
    friend bool operator==(const Taint&, const Taint&) = default;
};

struct Toleration {
    std::string key;  ///< empty with `exists`: tolerates every key
    bool exists = false;
    std::string value;
    std::optional<TaintEffect> effect;  ///< none: every effect
    friend bool operator==(const Toleration&, const Toleration&) = default;
};

enum class Operator { In, NotIn, Exists, DoesNotExist, Gt, Lt };

/// One requirement on a node's label, or on its name (`on_name`).
struct Requirement {
    std::string key;
    Operator op = Operator::In;
    std::vector<std::string> values;
    bool on_name = false;
    friend bool operator==(const Requirement&, const Requirement&) = default;
};

using SelectorTerm = std::vector<Requirement>;  ///< all must hold; an empty term matches nothing

/// A DoNotSchedule topology-spread constraint over kubernetes.io/hostname.
struct HostnameSpread {
    std::int64_t max_skew = 1;
    std::int64_t min_domains = 1;
    SelectorTerm pod_selector;   ///< over pod labels; empty matches every pod of the namespace
    bool honor_affinity = true;  ///< nodeAffinityPolicy
    bool honor_taints = false;   ///< nodeTaintsPolicy
    friend bool operator==(const HostnameSpread&, const HostnameSpread&) = default;
};

/// Where a pod may run and what it asks for: the same for all pods of one template, therefore shared.
///
/// What the model does not know (volumes, pod affinity, host ports, extended resources) is left out, which can only
/// make the set of candidate nodes larger, never smaller.
struct PodShape {
    Amounts request{0, 0, 1};           ///< effective request: init containers, sidecars and overhead included
    bool memory_requested = false;      ///< every container names a memory request
    std::optional<Bytes> memory_limit;  ///< set when every container has one
    std::int32_t priority = 0;
    bool preempts = true;           ///< preemptionPolicy is not Never
    bool default_scheduler = true;  ///< another scheduler's filters are unknown: only what the kubelet checks holds
    std::string node_name;          ///< spec.nodeName of the template: no scheduler is asked
    Labels node_selector;
    bool has_affinity = false;           ///< required node affinity is given; an empty `affinity` then matches nothing
    std::vector<SelectorTerm> affinity;  ///< one of them must hold
    std::vector<Toleration> tolerations;
    std::vector<HostnameSpread> spreads;
    Labels labels;  ///< of the template, without the keys that controllers add per revision or pod

    friend bool operator==(const PodShape&, const PodShape&) = default;
};

}  // namespace helix::cluster
