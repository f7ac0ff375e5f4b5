#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "domain/cluster/objects.hpp"
#include "domain/cluster/shape_table.hpp"
#include "domain/cluster/unit_table.hpp"

namespace helix::cluster {

using PodId = std::uint32_t;
using WorkloadId = std::uint32_t;

/// A metrics sample.
struct Usage {
    Bytes bytes = 0;
    Micros at = 0;
};

/// A pod as the state keeps it. What the gate reads of it comes first: one cache line says which pod it is and where.
struct alignas(64) PodSlot {
    std::string name;
    std::uint32_t ns = 0;      ///< see State::namespace_name
    NodeId node = kNone;       ///< kNone while not bound, or bound to a node not yet seen
    WorkloadId owner = kNone;  ///< direct controller
    std::uint32_t place_in_unseen = kNone;
    const PodShape* shape = nullptr;  ///< owned by the state's shape table; never null for a live pod
    PodPhase phase = PodPhase::Pending;
    bool bound = false;  ///< spec.nodeName is set
    bool terminating = false;
    bool ready = false;
    bool mirror = false;
    bool live = false;
    Usage use;  ///< at == 0: no sample
    Micros first_sample_at = 0;
    Bytes peak = 0;  ///< highest sample
    std::uint32_t place_in_owner = kNone;
    std::uint32_t place_in_node = kNone;
    std::uint32_t place_in_pending = kNone;
    std::uint32_t place_in_terminating = kNone;
    std::uint32_t mark = 0;  ///< last relist that saw it
    std::string uid;
    std::string template_hash;

    /// Holds memory or may come to hold some: not Succeeded, not Failed.
    [[nodiscard]] bool active() const { return live && phase != PodPhase::Succeeded && phase != PodPhase::Failed; }
    /// Its samples say what a pod of its owner may come to use.
    [[nodiscard]] bool sampled() const { return active() && first_sample_at != 0; }
    /// Counted by its controller towards the desired number.
    [[nodiscard]] bool counted() const { return active() && !terminating; }
};

struct WorkloadSlot {
    Workload workload;
    bool live = false;   ///< false: the slot is empty
    bool known = false;  ///< false: named as an owner, not seen itself
    std::uint32_t mark = 0;
    WorkloadId parent = kNone;
    std::vector<WorkloadId> children;
    std::vector<PodId> pods;           ///< of which it is the direct controller
    std::int64_t counted = 0;          ///< of those: pods that count towards the desired number
    Bytes peak = -1;                   ///< of those: the highest sample of an active one; -1: no sample
    std::uint64_t settled_digest = 0;  ///< pod template of the last rollout seen finished; 0: none seen

    /// Pods of an older template are, or may be, still being replaced.
    [[nodiscard]] bool rolling() const;
};

/// What a cluster looks like now: the watch cache that the gate reads, changed by one event at a time.
///
/// Every query is O(1) or proportional to what it returns. Not thread-safe: the owner serialises.
class State {
public:
    State();

    void upsert(const Node& node);
    void upsert(const Pod& pod);
    void upsert(const Workload& workload);
    void erase_node(std::string_view name);
    void erase_pod(std::string_view ns, std::string_view name);
    void erase_workload(WorkloadKind kind, std::string_view ns, std::string_view name);

    /// Samples of things not known are dropped; an older sample never replaces a newer one.
    void set_node_usage(std::string_view name, Usage use);
    void set_pod_usage(std::string_view ns, std::string_view name, Usage use);

    /// A relist: everything of that kind not upserted since the begin that gave `mark` is erased at the finish.
    /// Relists of several kinds may be under way at one time.
    std::uint32_t begin_relist() { return ++mark_; }
    void finish_relist_nodes(std::uint32_t mark);
    void finish_relist_pods(std::uint32_t mark);
    void finish_relist_workloads(WorkloadKind kind, std::uint32_t mark);

    /// A copy of it is cheap, and stays as it is when the state changes.
    [[nodiscard]] const UnitTable& rows() const { return rows_; }
    [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id]; }
    [[nodiscard]] NodeId find_node(std::string_view name) const;
    [[nodiscard]] std::span<const PodId> pods_on(NodeId id) const { return pods_on_[id]; }
    [[nodiscard]] std::size_t node_count() const { return node_index_.size(); }

    [[nodiscard]] const PodSlot& pod(PodId id) const { return pods_[id]; }
    [[nodiscard]] PodId find_pod(std::string_view ns, std::string_view name) const;
    /// The same; at once when the pod still stands at `likely`, where it stood when somebody last looked.
    [[nodiscard]] PodId find_pod(std::string_view ns, std::string_view name, PodId likely) const;
    [[nodiscard]] const std::string& namespace_name(std::uint32_t ns) const { return *namespaces_[ns]; }
    [[nodiscard]] std::size_t pod_count() const { return pod_index_.size(); }
    [[nodiscard]] std::size_t pod_slots() const { return pods_.size(); }

    [[nodiscard]] const WorkloadSlot& workload(WorkloadId id) const { return workloads_[id]; }
    [[nodiscard]] WorkloadId find_workload(WorkloadKind kind, std::string_view ns, std::string_view name) const;
    [[nodiscard]] std::size_t workload_slots() const { return workloads_.size(); }
    /// The topmost known owner: the Deployment of a ReplicaSet's pod. kNone for a bare pod.
    [[nodiscard]] WorkloadId root_of(PodId id) const;
    [[nodiscard]] WorkloadId root_of_workload(WorkloadId id) const;
    /// Pods below `root` that count towards its desired number.
    [[nodiscard]] std::int64_t counted_under(WorkloadId root) const;
    /// Every pod below `root`, terminating ones included.
    [[nodiscard]] std::vector<PodId> pods_under(WorkloadId root) const;

    /// The lowest priority among the shapes in use; none while there is no pod.
    [[nodiscard]] std::optional<std::int32_t> lowest_priority() const { return shapes_.lowest_priority(); }

    /// The highest use seen among the running pods below `root`; none when no sample was seen.
    [[nodiscard]] std::optional<Bytes> highest_use(WorkloadId root) const;

    /// Pods not bound to a node: they may land anywhere.
    [[nodiscard]] std::span<const PodId> pending() const { return pending_; }
    /// Bound pods that are being deleted: they hold memory and room until they are gone.
    [[nodiscard]] std::span<const PodId> terminating() const { return terminating_; }
    /// Bound pods whose memory the node's figure does not show yet.
    [[nodiscard]] std::span<const PodId> unseen() const { return unseen_; }
    /// Topmost workloads whose pods are not yet what their spec says: more pods may come of themselves.
    [[nodiscard]] const std::unordered_set<WorkloadId>& in_flux() const { return in_flux_; }

    /// Changes whenever the answer of `excluded` may change for some node.
    [[nodiscard]] std::uint64_t topology_version() const { return topology_version_; }
    /// Changes with every event.
    [[nodiscard]] std::uint64_t version() const { return version_; }

private:
    std::uint32_t intern_namespace(std::string_view ns);
    PodId pod_slot(const Pod& pod);
    void detach(PodId id);
    void attach(PodId id);
    void bind(PodId id, std::string_view node);
    void take_from_peak(PodId id);
    [[nodiscard]] Bytes peak_under(WorkloadId id, int depth) const;
    void collect_pods(WorkloadId id, int depth, std::vector<PodId>& into) const;
    void drop_pod(PodId id);
    void drop_node(NodeId id);
    void drop_workload(WorkloadId id);
    void refresh_visibility(PodId id);
    WorkloadId workload_slot(const OwnerRef& owner, std::string_view ns);
    void set_parent(WorkloadId id, WorkloadId parent);
    void release_if_unused(WorkloadId id);
    void refresh_flux(WorkloadId id);
    [[nodiscard]] bool fluctuates(WorkloadId root) const;

    std::vector<Node> nodes_;
    UnitTable rows_;
    std::vector<std::uint32_t> node_marks_;
    std::vector<std::vector<PodId>> pods_on_;
    std::vector<NodeId> free_nodes_;
    std::unordered_map<std::string, NodeId> node_index_;
    std::unordered_map<std::string, std::vector<PodId>> waiting_for_node_;  // pods bound to a node not yet seen

    std::vector<PodSlot> pods_;
    std::vector<PodId> free_pods_;
    std::unordered_map<std::string, PodId> pod_index_;
    std::vector<PodId> pending_;
    std::vector<PodId> unseen_;
    std::vector<PodId> terminating_;
    std::vector<std::unique_ptr<std::string>> namespaces_;
    std::unordered_map<std::string_view, std::uint32_t> namespace_index_;
    ShapeTable shapes_;

    std::vector<WorkloadSlot> workloads_;
    std::vector<WorkloadId> free_workloads_;
    std::unordered_map<std::string, WorkloadId> workload_by_uid_;
    std::unordered_map<std::string, WorkloadId> workload_by_name_;
    std::unordered_set<WorkloadId> in_flux_;

    std::uint32_t mark_ = 1;
    std::uint64_t topology_version_ = 1;
    std::uint64_t version_ = 1;
};

}  // namespace helix::cluster
