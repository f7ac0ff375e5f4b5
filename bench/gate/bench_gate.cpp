// How long one verdict takes on a mirror that changes, against a full rescan of every pod in the same run.
//
//     bench_gate [nodes pods deltas]     without arguments: 100, 1,000 and 5,000 nodes with 30 pods each
//
// Each delta changes a usage figure or a pod and is followed by one verdict on a scale-up whose decisive node stands
// exactly at its limit or one byte past it, in turn. The rescan counts requests and uses of all pods again and decides
// from them; both must agree every time. Seeded: two runs do the same work.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "domain/gate/gate.hpp"

namespace {

using namespace helix;
using Clock = std::chrono::steady_clock;

constexpr cluster::Bytes kMi = 1024 * 1024;
constexpr cluster::Micros kNow = 1'000'000'000'000;
constexpr int kPodsPerWorkload = 60;

double micros_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

struct Timings {
    std::vector<double> micros;

    double at(double share) {
        std::sort(micros.begin(), micros.end());
        return micros[std::min(micros.size() - 1,
                               static_cast<std::size_t>(share * static_cast<double>(micros.size())))];
    }
};

class Bench {
public:
    Bench(int nodes, int pods, std::uint64_t seed) : nodes_(nodes), pods_(pods), random_(seed) { build(); }

    bool run(int deltas) {
        int agreed = 0;
        int passed = 0;
        for (int i = 0; i < deltas; ++i) {
            change();
            const int added = 1 + number(4);
            const std::string app = name("w", number(workloads()));
            gate::Request request;
            request.action.verb = gate::Verb::Scale;
            request.action.object = {"apps/v1", "Deployment", "shop", app};
            request.action.replicas = desired(app) + added;
            place(app, added, i % 2);
            const auto effect = gate::effect_of(request, state_, settings_);
            auto start = Clock::now();
            const gate::Verdict verdict = gate::judge_effect(state_, {}, *effect, "", settings_);
            effect_.micros.push_back(micros_since(start));
            start = Clock::now();
            const bool whole = gate::judge(state_, {}, request, settings_)->passed;
            judge_[whole ? 0 : 1].micros.push_back(micros_since(start));
            start = Clock::now();
            const bool rescanned = rescan(app, added);
            rescan_.micros.push_back(micros_since(start));
            agreed += verdict.passed == rescanned && whole == rescanned ? 1 : 0;
            passed += verdict.passed ? 1 : 0;
        }
        std::printf("%d nodes, %d pods, %d workloads, %d deltas: %d passed, %d of %d agree\n", nodes_, pods_,
                    workloads(), deltas, passed, agreed, deltas);
        show("verdict (judge_effect)", effect_);
        show("PASS with effect and reason", judge_[0]);
        show("BREAK with max_safe, remedies", judge_[1]);
        show("full rescan", rescan_);
        std::printf("  ratio rescan / verdict       p50 %.1f  p99 %.1f\n", rescan_.at(0.5) / effect_.at(0.5),
                    rescan_.at(0.99) / effect_.at(0.99));
        return agreed == deltas;
    }

private:
    static std::string name(const char* prefix, int at) { return prefix + std::to_string(at); }
    int number(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
    int workloads() const { return std::max(1, pods_ / kPodsPerWorkload); }

    static void show(const char* what, Timings& timings) {
        if (timings.micros.empty()) return;
        std::printf("  %-29s p50 %8.1f us  p99 %8.1f us  p99.9 %8.1f us\n", what, timings.at(0.5), timings.at(0.99),
                    timings.at(0.999));
    }

    void build() {
        settings_.now = kNow;
        for (int n = 0; n < nodes_; ++n) {
            cluster::Node node;
            node.name = name("node-", n);
            node.uid = node.name;
            node.ready = true;
            node.labels = {{"kubernetes.io/hostname", node.name}};
            node.allocatable = {65'536 * kMi, 64'000, 110};
            state_.upsert(node);
            state_.set_node_usage(node.name, {20'000 * kMi, ++clock_});
        }
        for (int w = 0; w < workloads(); ++w) {
            auto shape = std::make_shared<cluster::PodShape>();
            shape->request = {(64 + w % 64) * kMi, 100, 1};
            shape->memory_requested = true;
            shape->labels = {{"app", name("w", w)}};
            cluster::Workload made;
            made.kind = cluster::WorkloadKind::Deployment;
            made.ns = "shop";
            made.name = made.uid = name("w", w);
            made.desired = made.updated = pods_ / workloads() + (w < pods_ % workloads() ? 1 : 0);
            made.template_digest = 1;
            made.shape = std::move(shape);
            state_.upsert(made);
        }
        for (int p = 0; p < pods_; ++p) upsert(p, number(nodes_));
    }

    void upsert(int p, int node) {
        cluster::Pod pod;
        pod.ns = "shop";
        pod.name = pod.uid = name("pod-", p);
        pod.node = name("node-", node);
        pod.phase = cluster::PodPhase::Running;
        const std::string app = name("w", p % workloads());
        pod.controller = cluster::OwnerRef{"Deployment", app, app};
        pod.shape = state_.workload(find(app)).workload.shape;
        state_.upsert(pod);
        state_.set_pod_usage("shop", pod.name, {(32 + number(96)) * kMi, ++clock_});
        state_.set_node_usage(pod.node, {state_.rows()[state_.find_node(pod.node)].used, ++clock_});
    }

    cluster::WorkloadId find(const std::string& app) const {
        return state_.find_workload(cluster::WorkloadKind::Deployment, "shop", app);
    }

    std::int64_t desired(const std::string& app) const { return state_.workload(find(app)).workload.desired; }

    void change() {
        const int p = number(pods_);
        switch (number(3)) {
            case 0:
                return state_.set_node_usage(name("node-", number(nodes_)),
                                             {(15'000 + number(10'000)) * kMi, ++clock_});
            case 1:
                return state_.set_pod_usage("shop", name("pod-", p), {(32 + number(96)) * kMi, ++clock_});
            default:
                state_.erase_pod("shop", name("pod-", p));
                upsert(p, number(nodes_));
        }
    }

    /// Puts one node at its limit with `added` pods of `app`, or `past` bytes over it, and the last one back.
    void place(const std::string& app, int added, int past) {
        if (!placed_.empty()) state_.set_node_usage(placed_, {20'000 * kMi, ++clock_});
        const cluster::NodeId id = static_cast<cluster::NodeId>(number(nodes_));
        placed_ = state_.node(id).name;
        const auto& shape = *state_.workload(find(app)).workload.shape;
        const auto each = gate::estimate(shape, state_.highest_use(find(app)));
        const std::int64_t count = gate::fitting(state_.rows()[id].free, shape.request, added);
        state_.set_node_usage(placed_, {state_.rows()[id].limit - count * *each + past, ++clock_});
    }

    /// The same decision from nothing but the objects: every pod is visited.
    bool rescan(const std::string& app, int added) const {
        struct Unit {
            cluster::Amounts free;
        };
        std::vector<Unit> units(state_.rows().size());
        for (cluster::NodeId id = 0; id < units.size(); ++id) units[id].free = state_.node(id).allocatable;
        const cluster::WorkloadId owner = find(app);
        const auto& shape = *state_.workload(owner).workload.shape;
        cluster::Bytes each = shape.request.memory;
        for (cluster::PodId id = 0; id < state_.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state_.pod(id);
            if (!pod.active() || pod.node == cluster::kNone) continue;
            units[pod.node].free -= pod.shape->request;
            if (pod.owner == owner) each = std::max(each, pod.peak);
        }
        bool passed = true;
        for (cluster::NodeId id = 0; id < units.size(); ++id) {
            const cluster::UnitRow& row = state_.rows()[id];
            const std::int64_t count = gate::fitting(units[id].free, shape.request, added);
            if (count > 0 && !cluster::keeps_floor(row.capacity, row.used + count * each, row.floor)) passed = false;
        }
        return passed;
    }

    int nodes_;
    int pods_;
    std::mt19937_64 random_;
    cluster::State state_;
    gate::Settings settings_;
    cluster::Micros clock_ = kNow - 50'000'000;
    std::string placed_;
    Timings effect_;
    Timings judge_[2];
    Timings rescan_;
};

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
    if (argc > 1) return Bench(argument(1, 1'000), argument(2, 30'000), 14).run(argument(3, 10'000)) ? 0 : 1;
    bool agreed = true;
    for (const int nodes : {100, 1'000, 5'000})
        agreed = Bench(nodes, 30 * nodes, 14).run(nodes > 1'000 ? 2'000 : 10'000) && agreed;
    return agreed ? 0 : 1;
}
