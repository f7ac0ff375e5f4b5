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

    /// What the deltas are judged by in one pass: each pass does the same seeded work, and none disturbs another's
    /// caches.
    enum class By { Effect, Whole, Rescan };

    /// The verdicts of one pass, and their times.
    std::vector<bool> pass(By by, int deltas, Timings& timings) {
        std::vector<bool> passed;
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
            const auto start = Clock::now();
            bool safe = false;
            if (by == By::Effect) safe = gate::judge_effect(state_, {}, *effect, "", settings_).passed;
            if (by == By::Whole) safe = gate::judge(state_, {}, request, settings_)->passed;
            if (by == By::Rescan) safe = rescan(app, added);
            timings.micros.push_back(micros_since(start));
            passed.push_back(safe);
        }
        return passed;
    }

    [[nodiscard]] int workloads() const { return std::max(1, pods_ / kPodsPerWorkload); }

private:
    static std::string name(const char* prefix, int at) { return prefix + std::to_string(at); }
    int number(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
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
};

void show(const char* what, Timings& timings) {
    std::printf("  %-29s p50 %8.1f us  p99 %8.1f us  p99.9 %8.1f us\n", what, timings.at(0.5), timings.at(0.99),
                timings.at(0.999));
}

bool measure(int nodes, int pods, int deltas) {
    constexpr std::uint64_t kSeed = 14;
    Timings effect, whole, rescan;
    const auto by_effect = Bench(nodes, pods, kSeed).pass(Bench::By::Effect, deltas, effect);
    const auto by_whole = Bench(nodes, pods, kSeed).pass(Bench::By::Whole, deltas, whole);
    const auto by_rescan = Bench(nodes, pods, kSeed).pass(Bench::By::Rescan, deltas, rescan);
    const auto passed = std::count(by_effect.begin(), by_effect.end(), true);
    const bool agreed = by_effect == by_rescan && by_whole == by_rescan;
    std::printf("%d nodes, %d pods, %d deltas: %ld passed, the three %s\n", nodes, pods, deltas,
                static_cast<long>(passed), agreed ? "agree every time" : "DISAGREE");
    show("verdict (judge_effect)", effect);
    show("with reason and remedies", whole);
    show("full rescan", rescan);
    std::printf("  ratio rescan / verdict       p50 %.1f  p99 %.1f\n", rescan.at(0.5) / effect.at(0.5),
                rescan.at(0.99) / effect.at(0.99));
    return agreed;
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
    if (argc > 1) return measure(argument(1, 1'000), argument(2, 30'000), argument(3, 10'000)) ? 0 : 1;
    bool agreed = true;
    for (const int nodes : {100, 1'000, 5'000})
        agreed = measure(nodes, 30 * nodes, nodes > 1'000 ? 2'000 : 10'000) && agreed;
    return agreed ? 0 : 1;
}
