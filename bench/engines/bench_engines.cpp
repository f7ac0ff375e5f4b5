// What one verdict costs each proof engine: the builtin rules, Z3 in process, and the Lean program as a process per
// write.
//
//     bench_engines [HELIX_GATE]      HELIX_GATE: the program that proofs/theorems --gate builds; without it Lean is
//     left out
//
// The same seeded writes for all: a scale-up, a new image and an eviction in turn, the decisive node exactly at its
// limit or one byte past it in turn. All must agree every time. Wall time, and processor time of this process and its
// children.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "adapters/lean_process/lean_engine.hpp"
#include "adapters/smt/smt_engine.hpp"
#include "domain/gate/gate.hpp"
#include "domain/proof/lean_text.hpp"
#include "domain/proof/smt_text.hpp"

namespace {

using namespace helix;
using gate::Finding;

constexpr cluster::Bytes kMi = 1024 * 1024;
constexpr cluster::Micros kNow = 1'000'000'000'000;
constexpr int kPodsPerNode = 30;
constexpr int kPodsPerWorkload = 40;

double micros(const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
}

/// Processor time so far of this process and of its children that have ended.
double processor_micros() {
    double sum = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        getrusage(who, &usage);
        sum += micros(usage.ru_utime) + micros(usage.ru_stime);
    }
    return sum;
}

/// A settled cluster, and writes that decide at one node's limit.
class World {
public:
    explicit World(int nodes) : nodes_(nodes) {
        settings_.now = kNow;
        for (int n = 0; n < nodes_; ++n) {
            cluster::Node node;
            node.name = node.uid = "node-" + std::to_string(n);
            node.ready = true;
            node.labels = {{"kubernetes.io/hostname", node.name}};
            node.allocatable = {65'536 * kMi, 64'000, 110};
            state_.upsert(node);
        }
        for (int w = 0; w < workloads(); ++w) add_workload(w);
        for (int p = 0; p < nodes_ * kPodsPerNode; ++p) add_pod(p);
        for (int n = 0; n < nodes_; ++n) set_use(n, 20'000 * kMi);
    }

    /// The `at`th write; the state is made ready for it.
    gate::Request write(int at) {
        gate::Request request;
        const std::string app = "w" + std::to_string(number(workloads()));
        const cluster::Workload& workload = state_.workload(find(app)).workload;
        std::int64_t added = 1 + number(4);
        request.action.object = {"apps/v1", "Deployment", "shop", app};
        switch (at % 3) {
            case 0:
                request.action.verb = gate::Verb::Scale;
                request.action.replicas = workload.desired + added;
                break;
            case 1:
                added = workload.desired;
                request.action.verb = gate::Verb::SetImage;
                request.preview.emplace().exists = true;
                request.preview->workload = workload;
                request.preview->workload->template_digest = 2;
                break;
            default:
                added = 1;
                request.action.verb = gate::Verb::Evict;
                request.action.object = {"v1", "Pod", "shop", state_.pod(state_.pods_under(find(app)).front()).name};
                request.action.reason = "γ₁: its node needs headroom";
                break;
        }
        place(app, added, at / 3 % 2);
        return request;
    }

    [[nodiscard]] const cluster::State& state() const { return state_; }
    [[nodiscard]] const gate::Settings& settings() const { return settings_; }

private:
    [[nodiscard]] int workloads() const { return std::max(1, nodes_ * kPodsPerNode / kPodsPerWorkload); }
    int number(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
    [[nodiscard]] cluster::WorkloadId find(const std::string& app) const {
        return state_.find_workload(cluster::WorkloadKind::Deployment, "shop", app);
    }
    void set_use(int node, cluster::Bytes use) {
        state_.set_node_usage("node-" + std::to_string(node), {use, ++clock_});
    }

    void add_workload(int w) {
        auto shape = std::make_shared<cluster::PodShape>();
        shape->request = {(64 + w % 64) * kMi, 100, 1};
        shape->memory_requested = true;
        cluster::Workload made;
        made.kind = cluster::WorkloadKind::Deployment;
        made.ns = "shop";
        made.name = made.uid = "w" + std::to_string(w);
        const int pods = nodes_ * kPodsPerNode;
        made.desired = made.updated = pods / workloads() + (w < pods % workloads() ? 1 : 0);
        made.template_digest = 1;
        made.shape = std::move(shape);
        state_.upsert(made);
    }

    void add_pod(int p) {
        cluster::Pod pod;
        pod.ns = "shop";
        pod.name = pod.uid = "pod-" + std::to_string(p);
        pod.node = "node-" + std::to_string(number(nodes_));
        pod.phase = cluster::PodPhase::Running;
        const std::string app = "w" + std::to_string(p % workloads());
        pod.controller = cluster::OwnerRef{"Deployment", app, app};
        pod.shape = state_.workload(find(app)).workload.shape;
        state_.upsert(pod);
        state_.set_pod_usage("shop", pod.name, {(32 + number(96)) * kMi, ++clock_});
    }

    /// Puts one node where the write's pods take it to its limit, or `past` bytes over it; and the last one back.
    void place(const std::string& app, std::int64_t added, int past) {
        set_use(placed_, 20'000 * kMi);
        placed_ = number(nodes_);
        const cluster::UnitRow& row = state_.rows()[state_.find_node("node-" + std::to_string(placed_))];
        const auto& shape = *state_.workload(find(app)).workload.shape;
        const auto each = gate::estimate(shape, state_.highest_use(find(app)));
        set_use(placed_, row.limit - gate::fitting(row.free, shape.request, added) * *each + past);
    }

    const int nodes_;
    std::mt19937_64 random_{14};
    cluster::State state_;
    gate::Settings settings_;
    cluster::Micros clock_ = kNow - 50'000'000;
    int placed_ = 0;
};

struct Times {
    std::vector<double> wall;
    double processor = 0;

    template <class Work>
    void take(Work&& work) {
        const double before = processor_micros();
        const auto start = std::chrono::steady_clock::now();
        work();
        wall.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
        processor += processor_micros() - before;
    }
    [[nodiscard]] double at(double share) const {
        std::vector<double> sorted = wall;
        std::sort(sorted.begin(), sorted.end());
        return sorted[std::min(sorted.size() - 1,
                               static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
    }
    [[nodiscard]] double processor_each() const { return processor / static_cast<double>(wall.size()); }
};

void show(const char* what, const Times& times) {
    std::printf("  %-12s wall p50 %10.1f  p99 %10.1f   processor mean %10.1f us\n", what, times.at(0.5), times.at(0.99),
                times.processor_each());
}

/// Judges `writes` writes by every engine; whether all agreed.
bool measure(int nodes, int writes, const std::string& program) {
    World world(nodes);
    smt::SmtEngine smt(std::chrono::seconds(60));
    lean_process::LeanEngine lean(program, std::chrono::seconds(60));
    Times builtin_times, obligation_times, smt_times, lean_times;
    int passed = 0;
    int differences = 0;
    std::size_t line_bytes = 0;
    constexpr int kRepeats = 20;  // the processor's clock is too coarse for one builtin verdict
    for (int i = 0; i < writes; ++i) {
        const gate::Request request = world.write(i);
        const std::string& reason = request.action.reason;
        gate::Verdict verdict;
        gate::Effect effect;
        const double before = processor_micros();
        for (int again = 0; again < kRepeats; ++again) {
            const auto start = std::chrono::steady_clock::now();
            effect = *gate::effect_of(request, world.state(), world.settings());
            verdict = gate::judge_effect(world.state(), {}, effect, reason, world.settings());
            builtin_times.wall.push_back(
                std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
        }
        builtin_times.processor += processor_micros() - before;
        proof::Obligation obligation;
        obligation_times.take(
            [&] { obligation = proof::obligation_of(world.state(), {}, effect, reason, world.settings()); });
        Finding finding;
        smt_times.take([&] { finding = smt.decide(obligation); });
        const auto expected = verdict.passed ? Finding::Outcome::Holds : Finding::Outcome::Breaks;
        differences += finding.outcome == expected ? 0 : 1;
        if (!program.empty()) {
            lean_times.take([&] { finding = lean.decide(obligation); });
            differences += finding.outcome == expected ? 0 : 1;
            line_bytes = std::max(line_bytes, proof::lean_line(obligation)->size());
        }
        passed += verdict.passed ? 1 : 0;
    }
    std::printf("%d nodes, %d pods, %d writes: %d passed, %d differences\n", nodes, nodes * kPodsPerNode, writes,
                passed, differences);
    show("builtin", builtin_times);
    show("obligation", obligation_times);
    show("smt", smt_times);
    if (!program.empty()) show("lean", lean_times);
    std::printf("  processor: smt / builtin %.0f", smt_times.processor_each() / builtin_times.processor_each());
    if (!program.empty())
        std::printf(", lean / builtin %.0f; its line is up to %zu bytes",
                    lean_times.processor_each() / builtin_times.processor_each(), line_bytes);
    std::printf("\n");
    std::fflush(stdout);
    return differences == 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string program = argc > 1 ? argv[1] : "";
    if (program.empty()) std::puts("no helix-gate is named: Lean is left out");
    bool agreed = true;
    for (const auto& [nodes, writes] : {std::array{10, 300}, std::array{100, 60}, std::array{1'000, 12}})
        agreed = measure(nodes, writes, program) && agreed;
    return agreed ? 0 : 1;
}
