#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace helix::oracle {

/// A cluster small enough to enumerate, in words of its own: nothing here comes from the gate.
inline constexpr int kPending = -1;

struct Template {
    std::int64_t memory = 0;  ///< request
    std::int64_t cpu = 0;     ///< request
    bool tolerates = false;   ///< the one taint that nodes of a model may have
    int zone = -1;            ///< selector; -1: any
};

struct Node {
    std::int64_t capacity = 0;
    std::int64_t floor_share = 0;  ///< 10^-15 percent
    std::int64_t used = 0;         ///< as metrics say; pods without a sample are not in it
    std::int64_t cpu = 0;
    int pods = 0;
    bool cordoned = false;
    bool tainted = false;
    int zone = 0;
};

enum class Controller { Rolling, Recreate, StatefulSet, DaemonSet };

struct Workload {
    Controller controller = Controller::Rolling;
    int desired = 0;
    int surge = 0;                      ///< Rolling: live pods above the desired number
    int unavailable = 0;                ///< Rolling: live pods that may be missing
    std::array<Template, 2> templates;  ///< before and after a roll
};

struct Pod {
    int workload = 0;
    int ordinal = 0;  ///< StatefulSet: of its name; DaemonSet: its node
    int node = kPending;
    bool terminating = false;
    std::int64_t use = 0;  ///< its sample; 0: none, bound but unseen
};

enum class WriteKind { Scale, Roll, Evict, Drain, Delete, Cordon, Uncordon };

struct Write {
    WriteKind kind = WriteKind::Scale;
    int workload = 0;
    int count = 0;  ///< Scale
    int pod = 0;    ///< Evict
    int node = 0;   ///< Drain, Cordon, Uncordon
};

struct Model {
    std::vector<Node> nodes;
    std::vector<Workload> workloads;  ///< at most two
    std::vector<Pod> pods;
    std::vector<Write> writes;  ///< at most three
    bool in_order = true;       ///< a plan; false: admitted one by one, carried out in any order
};

/// Memory of a pod to come: max(request, the highest sample of its workload's pods).
std::int64_t estimate(const Model& model, int workload, int generation);

/// The most bytes a node may use: the largest u with (A-u)*10^17 >= share*A, found by halving.
std::int64_t limit_of(const Node& node);

/// Everything that can happen, reduced to what the properties ask.
struct Explored {
    std::vector<std::int64_t> highest;           ///< per node: the highest use in any reachable state
    std::vector<std::array<int, 2>> most_bound;  ///< per node and workload: most pods bound there that came later
    /// Per node: counts of later-bound pods per workload -> the highest use with these counts.
    std::vector<std::map<std::array<int, 2>, std::int64_t>> mixes;
    std::size_t states = 0;
    bool complete = true;  ///< false: more states than the bound
};

/// Visits every state reachable from `model` by its scheduler, controllers, kubelets and writes, in any order.
///
/// Scheduler: a pending pod goes to any node whose cordon, taint, zone, memory, CPU and pod count admit it. Kubelet: a
/// terminating pod goes at any time; until then it holds memory and room, and its controller does not count it.
/// Writes: carried out at any time, in order or in any order.
Explored explore(const Model& model, std::size_t states_max = 400'000);

}  // namespace helix::oracle
