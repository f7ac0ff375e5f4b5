#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/simulated/random.hpp"
#include "adapters/simulated/sim_options.hpp"
#include "domain/cluster/objects.hpp"
#include "domain/core/result.hpp"

namespace helix::simulated {

using Json = nlohmann::json;
using cluster::Bytes;

/// Names one object of the simulated API server. `ns` is empty for cluster-scoped kinds.
struct Key {
    std::string kind;
    std::string ns;
    std::string name;
    friend auto operator<=>(const Key&, const Key&) = default;
};

/// A count or a share of the desired number ("25%").
struct CountOrPercent {
    std::int64_t value = 0;
    bool percent = false;
    [[nodiscard]] std::int64_t of(std::int64_t desired, bool round_up) const;
};

/// What the controllers need of a workload beyond what a watch shows.
struct WorkloadTruth {
    cluster::Workload seen;  ///< as the watch shows it
    std::string template_hash;
    CountOrPercent max_surge{25, true};
    CountOrPercent max_unavailable{25, true};
    bool parallel = false;            ///< StatefulSet with podManagementPolicy Parallel
    std::int64_t completions = 1;     ///< Job
    std::int64_t succeeded = 0;       ///< Job
    std::int64_t replicas_asked = 0;  ///< spec.replicas or spec.parallelism
    MemoryProfile memory;
};

/// A pod and the memory it holds.
struct PodTruth {
    cluster::Pod seen;
    cluster::Labels labels;  ///< all of them
    Micros created_at = 0;
    Micros running_at = 0;   ///< when it runs or will run; 0: not bound
    Micros finishes_at = 0;  ///< a Job's pod: when it succeeds
    Micros gone_at = 0;      ///< when it is gone; 0: nobody deleted it
    std::int64_t grace_s = 30;
    std::int64_t ordinal = -1;  ///< StatefulSet
    Bytes use = 0;              ///< held now: from running until gone
    Bytes start = 0;
    Bytes low = 0;
    Bytes peak = 0;
    Bytes step = 0;
};

/// One object of the simulated API server.
struct Object {
    Key key;
    std::string uid;
    std::int64_t resource_version = 0;
    std::int64_t generation = 1;
    bool deleting = false;
    Json manifest;  ///< metadata and spec; no status
    Json applied;   ///< what the last server-side apply said: fields it drops are removed
    std::optional<cluster::Node> node;
    std::optional<WorkloadTruth> workload;
    std::optional<PodTruth> pod;
};

/// What a watch tells of one change.
struct Event {
    Key key;
    std::int64_t resource_version = 0;
    bool deleted = false;
    std::variant<std::monostate, cluster::Node, cluster::Pod, cluster::Workload> object;
};

/// Memory in use on a node that belongs to no pod: kernel, kubelet, daemons.
inline constexpr std::string_view kSystemUseAnnotation = "simulation.helix.eose.ca/system-use";
inline constexpr std::string_view kMemoryAnnotation = "simulation.helix.eose.ca/memory";

/// The truth: what the API server stores and what its controllers, scheduler and kubelets make of it.
///
/// CronJobs and HorizontalPodAutoscalers are stored but do nothing of themselves. Not thread-safe.
class World {
public:
    World(const SimOptions& options, Micros now);

    /// Told of every change, in order of resource versions.
    void on_event(std::function<void(const Event&)> sink) { sink_ = std::move(sink); }

    [[nodiscard]] Object* find(const Key& key);
    [[nodiscard]] const Object* find(const Key& key) const;
    /// All objects of a kind, by namespace and name. Valid until one of them is erased.
    [[nodiscard]] std::vector<Object*> all(std::string_view kind);
    [[nodiscard]] std::vector<const Object*> all(std::string_view kind) const;
    [[nodiscard]] const std::map<Key, Object>& objects() const { return objects_; }

    /// Stores `manifest` as a new object, or as the new content of the one that has its name.
    /// Errors: InvalidArgument when it cannot be read as its kind.
    Result<Object*> put(const Key& key, Json manifest);
    /// The same from JSON text; for building worlds. Runs no controller: call `settle`.
    Result<Object*> create(std::string_view manifest);
    /// A change of status: new resource version, event.
    void touch(Object& object);
    void erase(const Key& key);

    /// Begins the deletion of an object: pods terminate, namespaces empty themselves, all else is gone at once.
    void remove(const Key& key, std::optional<std::int64_t> grace_s = std::nullopt);
    /// Makes a pod of `owner`; the owner's controller sets ordinal and the rest.
    Object& make_pod(const Object& owner, const std::string& name, const cluster::PodShape& shape);
    void bind(Object& pod, const std::string& node);

    /// Runs controllers and scheduler until nothing changes any more.
    void settle();
    /// Lets time pass: pods start, end and move their memory. Settles after each step.
    void advance_to(Micros now);
    [[nodiscard]] Micros next_due() const;
    [[nodiscard]] Micros now() const { return now_; }

    /// Memory held on a node now, by its pods (terminating ones included) and its system.
    [[nodiscard]] Bytes node_use(std::string_view node) const;
    /// The most that the node's use can become without another pod: every bound pod at its peak.
    [[nodiscard]] Bytes node_use_max(std::string_view node) const;

    [[nodiscard]] std::int64_t resource_version() const { return resource_version_; }
    [[nodiscard]] const SimOptions& options() const { return options_; }
    /// A digest of every event so far, with its time: equal traces, equal digests.
    [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
    [[nodiscard]] std::uint64_t event_count() const { return event_count_; }
    Random& scheduler_random() { return scheduler_random_; }

    /// "x4k9z": the random tail of a generated name.
    std::string name_tail();

private:
    enum class Due { Start, Finish, Gone };
    struct Timer {
        Due due;
        Key pod;
        std::string uid;
    };

    void note(const Object& object, bool deleted);
    void fire(const Timer& timer);
    void walk();
    void terminate(Object& pod, std::optional<std::int64_t> grace_s);
    [[nodiscard]] Bytes sum_on(std::string_view node, bool at_peak) const;

    SimOptions options_;
    Micros now_;
    Micros next_walk_;
    std::map<Key, Object> objects_;
    std::multimap<Micros, Timer> timers_;
    std::int64_t resource_version_ = 1000;
    std::uint64_t uid_count_ = 0;
    std::uint64_t trace_hash_ = 0xcbf29ce484222325ULL;
    std::uint64_t event_count_ = 0;
    std::function<void(const Event&)> sink_;
    Random name_random_;
    Random scheduler_random_;
    Random kubelet_random_;
};

/// The use in bytes of a node's own system, as its annotation says.
Bytes system_use(const Object& node);

}  // namespace helix::simulated
