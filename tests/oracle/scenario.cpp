#include "tests/oracle/scenario.hpp"

#include <algorithm>
#include <sstream>

namespace helix::oracle {
namespace {

constexpr cluster::Micros kScrape = kNow - 1'000'000;
constexpr const char* kReason = "gamma1: relief of a unit below its floor";

std::string node_name(int node) {
    return "n" + std::to_string(node);
}

std::string workload_name(int workload) {
    return "w" + std::to_string(workload);
}

std::string pod_name(const Model& model, std::size_t pod) {
    return workload_name(model.pods[pod].workload) + "-" + std::to_string(pod);
}

cluster::WorkloadKind kind_of(Controller controller) {
    switch (controller) {
        case Controller::Rolling:
        case Controller::Recreate:
            return cluster::WorkloadKind::Deployment;
        case Controller::StatefulSet:
            return cluster::WorkloadKind::StatefulSet;
        case Controller::DaemonSet:
            return cluster::WorkloadKind::DaemonSet;
    }
    return cluster::WorkloadKind::Other;
}

cluster::Rollout rollout_of(const Workload& workload) {
    switch (workload.controller) {
        case Controller::Rolling:
            return cluster::Rollout::Rolling;
        case Controller::Recreate:
            return cluster::Rollout::OldFirst;
        case Controller::StatefulSet:
            return cluster::Rollout::OneForOne;
        case Controller::DaemonSet:
            return workload.surge > 0 ? cluster::Rollout::Rolling : cluster::Rollout::OneForOne;
    }
    return cluster::Rollout::Rolling;
}

std::shared_ptr<cluster::PodShape> shape_of(const Model& model, int w, std::size_t generation) {
    const Workload& workload = model.workloads[static_cast<std::size_t>(w)];
    const Template& from = workload.templates[generation];
    auto shape = std::make_shared<cluster::PodShape>();
    shape->request = {from.memory, from.cpu, 1};
    shape->memory_requested = from.memory > 0;
    shape->labels = {{"app", workload_name(w)}};
    if (from.tolerates) shape->tolerations.push_back({"dedicated", true, "", std::nullopt});
    if (workload.controller == Controller::DaemonSet)  // as its controller adds it
        shape->tolerations.push_back({"node.kubernetes.io/unschedulable", true, "", cluster::TaintEffect::NoSchedule});
    if (from.zone >= 0) shape->node_selector = {{"zone", std::to_string(from.zone)}};
    return shape;
}

cluster::Workload object_of(const Model& model, int w, std::size_t generation) {
    const Workload& from = model.workloads[static_cast<std::size_t>(w)];
    cluster::Workload made;
    made.kind = kind_of(from.controller);
    made.ns = "shop";
    made.name = workload_name(w);
    made.uid = "uid-" + made.name;
    made.generation = made.observed_generation = 1;
    made.desired = made.updated = from.desired;
    made.rollout = rollout_of(from);
    made.template_digest = 1 + generation;
    made.shape = shape_of(model, w, generation);
    return made;
}

void tell_nodes(const Model& model, cluster::State& state) {
    for (int n = 0; n < static_cast<int>(model.nodes.size()); ++n) {
        const Node& from = model.nodes[static_cast<std::size_t>(n)];
        cluster::Node node;
        node.name = node_name(n);
        node.uid = "uid-" + node.name;
        node.ready = true;
        node.unschedulable = from.cordoned;
        node.labels = {{"kubernetes.io/hostname", node.name}, {"zone", std::to_string(from.zone)}};
        if (from.tainted) node.taints.push_back({"dedicated", "", cluster::TaintEffect::NoSchedule});
        if (from.cordoned)  // the node lifecycle controller keeps it beside the field
            node.taints.push_back({"node.kubernetes.io/unschedulable", "", cluster::TaintEffect::NoSchedule});
        node.allocatable = {from.capacity, from.cpu, from.pods};
        if (from.floor_share != cluster::Floor::kGamma1)
            node.floor_pct = std::to_string(from.floor_share / 1'000'000'000'000'000);
        state.upsert(node);
        state.set_node_usage(node.name, {from.used, kScrape});
    }
}

void tell_pods(const Model& model, cluster::State& state) {
    for (std::size_t i = 0; i < model.pods.size(); ++i) {
        const Pod& from = model.pods[i];
        const Workload& owner = model.workloads[static_cast<std::size_t>(from.workload)];
        cluster::Pod pod;
        pod.ns = "shop";
        pod.name = pod_name(model, i);
        pod.uid = "uid-" + pod.name;
        pod.node = from.node == kPending ? "" : node_name(from.node);
        pod.phase = from.node == kPending ? cluster::PodPhase::Pending : cluster::PodPhase::Running;
        pod.terminating = from.terminating;
        pod.controller = cluster::OwnerRef{std::string(cluster::to_string(kind_of(owner.controller))),
                                           workload_name(from.workload), "uid-" + workload_name(from.workload)};
        pod.shape = shape_of(model, from.workload, 0);
        if (owner.controller == Controller::DaemonSet) {
            auto pinned = std::make_shared<cluster::PodShape>(*pod.shape);
            pinned->has_affinity = true;
            pinned->affinity = {{{"metadata.name", cluster::Operator::In, {node_name(from.ordinal)}, true}}};
            pod.shape = std::move(pinned);
        }
        state.upsert(pod);
        if (from.use > 0) state.set_pod_usage("shop", pod.name, {from.use, kScrape});
    }
}

gate::Request request_of(const Model& model, const Write& write) {
    const Workload& workload = model.workloads[static_cast<std::size_t>(write.workload)];
    gate::Request request;
    request.action.reason = kReason;
    request.action.object = {"", std::string(cluster::to_string(kind_of(workload.controller))), "shop",
                             workload_name(write.workload)};
    const auto on_node = [&](gate::Verb verb) {
        request.action.verb = verb;
        request.action.object = {"", "Node", "", node_name(write.node)};
    };
    switch (write.kind) {
        case WriteKind::Scale:
            request.action.verb = gate::Verb::Scale;
            request.action.replicas = write.count;
            break;
        case WriteKind::Roll: {
            const Template& before = workload.templates[0];
            const Template& after = workload.templates[1];
            const bool same = before.memory == after.memory && before.cpu == after.cpu &&
                              before.tolerates == after.tolerates && before.zone == after.zone;
            request.action.verb = same ? gate::Verb::Restart : gate::Verb::SetResources;
            if (same) break;
            request.preview.emplace();
            request.preview->exists = true;
            request.preview->workload = object_of(model, write.workload, 1);
            break;
        }
        case WriteKind::Evict:
            request.action.verb = gate::Verb::Evict;
            request.action.object = {"", "Pod", "shop", pod_name(model, static_cast<std::size_t>(write.pod))};
            break;
        case WriteKind::Delete:
            request.action.verb = gate::Verb::Delete;
            break;
        case WriteKind::Drain:
            on_node(gate::Verb::Drain);
            break;
        case WriteKind::Cordon:
            on_node(gate::Verb::Cordon);
            break;
        case WriteKind::Uncordon:
            on_node(gate::Verb::Uncordon);
            break;
    }
    return request;
}

const char* name_of(WriteKind kind) {
    constexpr std::array<const char*, 7> kNames = {"scale", "roll", "evict", "drain", "delete", "cordon", "uncordon"};
    return kNames[static_cast<std::size_t>(kind)];
}

const char* name_of(Controller controller) {
    constexpr std::array<const char*, 4> kNames = {"rolling", "recreate", "statefulset", "daemonset"};
    return kNames[static_cast<std::size_t>(controller)];
}

/// Draws one model; the order of the draws is the order in which a failing case shrinks.
class Drawing {
public:
    Drawing(const Draw& draw, const Wanted& wanted) : draw_(draw), wanted_(wanted) {}

    Model make() {
        nodes();
        const int workloads = wanted_.settled ? 1 : draw_(1, 2);
        for (int w = 0; w < workloads; ++w) workload(w);
        for (int i = 0; i < wanted_.writes; ++i) write(i);
        uses();
        if (wanted_.settled) make_room();
        return std::move(model_);
    }

private:
    bool one_in(int many) { return draw_(0, many - 1) == many - 1; }

    void nodes() {
        const int count = draw_(1, 3);
        for (int n = 0; n < count; ++n) {
            Node node;
            node.capacity = 10'000 + draw_(0, 9'999);
            node.floor_share = one_in(4) ? 20'000'000'000'000'000 : 14'134'725'141'734'693;
            node.cpu = 1'000;
            node.pods = draw_(2, 8);
            node.cordoned = one_in(6);
            node.tainted = one_in(6);
            node.zone = draw_(0, 1);
            model_.nodes.push_back(node);
        }
    }

    Template shape() {
        Template made;
        made.memory = draw_(1, 4'000);
        made.cpu = draw_(0, 300);
        made.tolerates = one_in(3);
        made.zone = one_in(4) ? draw_(0, 1) : -1;
        return made;
    }

    void workload(int w) {
        Workload made;
        made.controller = static_cast<Controller>(one_in(2) ? draw_(0, 3) : 0);
        made.templates[0] = shape();
        made.templates[1] = one_in(2) ? shape() : made.templates[0];
        made.desired = draw_(0, w == 0 ? 3 : 2);
        const bool bounded = !wanted_.settled && one_in(2);
        made.surge = bounded ? draw_(0, 1) : 9;
        made.unavailable = bounded ? draw_(made.surge == 0 ? 1 : 0, 1) : 9;
        if (made.controller == Controller::DaemonSet) made.surge = draw_(0, 1);
        if (made.controller == Controller::DaemonSet)
            daemons(made, w);
        else
            pods(made, w);
        model_.workloads.push_back(made);
    }

    bool takes(const Template& shape, const Node& node) const {
        return (!node.tainted || shape.tolerates) && (shape.zone < 0 || shape.zone == node.zone);
    }

    void daemons(Workload& made, int w) {
        made.templates[1].zone = made.templates[0].zone;
        made.templates[1].tolerates = made.templates[0].tolerates;
        made.desired = 0;
        for (int n = 0; n < static_cast<int>(model_.nodes.size()); ++n) {
            if (!takes(made.templates[0], model_.nodes[static_cast<std::size_t>(n)])) continue;
            ++made.desired;
            model_.pods.push_back({w, n, n, false, 1 + draw_(0, 2'500)});
        }
    }

    void pods(Workload& made, int w) {
        const int missing = wanted_.settled ? 0 : std::min(made.desired, one_in(4) ? 1 : 0);
        const int extra = !wanted_.settled && one_in(5) ? 1 : 0;  // terminating
        for (int i = 0; i < made.desired - missing + extra; ++i) {
            Pod pod;
            pod.workload = w;
            pod.ordinal = i;
            pod.terminating = i >= made.desired - missing;
            if (pod.terminating) pod.ordinal = made.desired;  // of a larger set, before a scale-down
            pod.node = !wanted_.settled && !pod.terminating && one_in(5)
                           ? kPending
                           : draw_(0, static_cast<int>(model_.nodes.size()) - 1);
            const bool seen = wanted_.settled || !one_in(6);
            if (pod.node != kPending && seen) pod.use = 1 + draw_(0, 2'500);
            model_.pods.push_back(pod);
        }
    }

    void write(int index) {
        Write made;
        made.kind = index == 0
                        ? wanted_.first[static_cast<std::size_t>(draw_(0, static_cast<int>(wanted_.first.size()) - 1))]
                        : static_cast<WriteKind>(draw_(0, 6));
        made.workload = draw_(0, static_cast<int>(model_.workloads.size()) - 1);
        made.count = draw_(0, 4);
        made.node = draw_(0, static_cast<int>(model_.nodes.size()) - 1);
        if (made.kind == WriteKind::Evict) {
            if (model_.pods.empty())
                made.kind = WriteKind::Cordon;
            else
                made.pod = draw_(0, static_cast<int>(model_.pods.size()) - 1);
        }
        const Controller controller = model_.workloads[static_cast<std::size_t>(made.workload)].controller;
        if (made.kind == WriteKind::Scale && controller == Controller::DaemonSet) made.kind = WriteKind::Roll;
        if (made.kind == WriteKind::Evict) {  // a DaemonSet's eviction has its own unit test
            const int owner = model_.pods[static_cast<std::size_t>(made.pod)].workload;
            if (model_.workloads[static_cast<std::size_t>(owner)].controller == Controller::DaemonSet)
                made.kind = WriteKind::Cordon;
        }
        model_.writes.push_back(made);
    }

    /// The first node takes every pod to come; the others may be narrow, unless a DaemonSet needs them all.
    void make_room() {
        const bool daemons = model_.workloads.front().controller == Controller::DaemonSet;
        for (std::size_t n = 0; n < model_.nodes.size(); ++n) {
            if (n > 0 && !daemons) continue;
            model_.nodes[n].cordoned = model_.nodes[n].tainted = false;
            model_.nodes[n].pods = 16;
            model_.nodes[n].cpu = 8'000;
        }
        for (Template& made : model_.workloads.front().templates) {
            made.memory = 1 + made.memory % 1'200;
            made.zone = -1;
        }
    }

    void uses() {
        for (std::size_t n = 0; n < model_.nodes.size(); ++n) {
            std::int64_t held = 0;
            for (const Pod& pod : model_.pods)
                if (pod.node == static_cast<int>(n)) held += pod.use;
            model_.nodes[n].used = held + draw_(0, 6'000);
        }
    }

    const Draw& draw_;
    const Wanted& wanted_;
    Model model_;
};

}  // namespace

gate::Settings settings() {
    gate::Settings made;
    made.now = kNow;
    return made;
}

int node_of(const std::string& unit) {
    return std::stoi(unit.substr(1));
}

Scenario tell(const Model& model) {
    Scenario scenario;
    scenario.model = model;
    tell_nodes(model, scenario.state);
    for (int w = 0; w < static_cast<int>(model.workloads.size()); ++w) scenario.state.upsert(object_of(model, w, 0));
    tell_pods(model, scenario.state);
    for (const Write& write : model.writes) scenario.requests.push_back(request_of(model, write));
    return scenario;
}

Model draw_model(const Draw& draw, const Wanted& wanted) {
    Model model = Drawing(draw, wanted).make();
    const int node = draw(0, 2 * static_cast<int>(model.nodes.size()) - 1);  // half the time none
    const int past = draw(0, 1);
    if (node >= static_cast<int>(model.nodes.size())) return model;
    const Explored explored = explore(model);
    if (explored.complete) place_at_limit(model, explored, node, past);
    return model;
}

bool place_at_limit(Model& model, const Explored& explored, int node, std::int64_t past) {
    std::vector<Node> placed = model.nodes;
    for (std::size_t n = 0; n < placed.size(); ++n) {
        std::int64_t held = 0;
        for (const Pod& pod : model.pods)
            if (pod.node == static_cast<int>(n)) held += pod.use;
        if (static_cast<int>(n) != node) {
            placed[n].used = held;  // the others decide less often
            continue;
        }
        placed[n].used += limit_of(placed[n]) + past - explored.highest[n];
        if (placed[n].used < held) return false;
    }
    model.nodes = placed;
    return true;
}

std::string describe(const Model& model) {
    std::ostringstream text;
    for (std::size_t n = 0; n < model.nodes.size(); ++n) {
        const Node& node = model.nodes[n];
        text << "node n" << n << ": " << node.used << " of " << node.capacity << " used, limit " << limit_of(node)
             << ", cpu " << node.cpu << ", pods " << node.pods << ", zone " << node.zone
             << (node.cordoned ? ", cordoned" : "") << (node.tainted ? ", tainted" : "") << "\n";
    }
    for (std::size_t w = 0; w < model.workloads.size(); ++w) {
        const Workload& one = model.workloads[w];
        text << "w" << w << ": " << name_of(one.controller) << " of " << one.desired << ", surge " << one.surge
             << ", unavailable " << one.unavailable;
        for (const Template& shape : one.templates)
            text << " {memory " << shape.memory << ", cpu " << shape.cpu << ", zone " << shape.zone
                 << (shape.tolerates ? ", tolerates" : "") << "}";
        text << "\n";
    }
    for (std::size_t i = 0; i < model.pods.size(); ++i) {
        const Pod& pod = model.pods[i];
        text << "pod " << pod_name(model, i) << ": ordinal " << pod.ordinal << ", node " << pod.node << ", use "
             << pod.use << (pod.terminating ? ", terminating" : "") << "\n";
    }
    for (const Write& write : model.writes)
        text << (model.in_order ? "then " : "also ") << name_of(write.kind) << " workload " << write.workload
             << ", count " << write.count << ", pod " << write.pod << ", node " << write.node << "\n";
    return text.str();
}

}  // namespace helix::oracle
