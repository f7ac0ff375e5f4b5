// How long one verdict takes on a mirror that changes, against a full rescan of every pod in the same run.
//
//     bench_gate [nodes pods deltas]     without arguments: 1,000 nodes with 30,000 pods, 5,000 with 150,000 and
//                                        100,000 with 300,000
//
// Each delta changes a usage figure or a pod and is followed by one verdict on a scale-up, a scale-down, a new image or
// an eviction, in turn, whose decisive node stands exactly at its limit or one byte past it, in turn. The rescan counts
// requests and uses of all pods again and decides from them; all must agree every time. Seeded: two runs do the same
// work. The passes take turns over three rounds; of each figure the best round is shown, as a busy machine only ever
// adds to it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "domain/gate/gate.hpp"

namespace {

using namespace helix;
using Clock = std::chrono::steady_clock;

constexpr cluster::Bytes kMi = 1024 * 1024;
constexpr cluster::Micros kNow = 1'000'000'000'000;
constexpr int kPodsPerWorkload = 40;
constexpr int kRounds = 3;

enum class Ask { ScaleUp, ScaleDown, Image, Evict };
constexpr std::array<const char*, 4> kAskNames = {"scale up", "scale down", "new image", "evict"};

/// Processor time of this thread so far: what others do with the processor meanwhile is not in it.
double thread_micros() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

/// Times of one pass, of every delta in its turn; microseconds.
struct Timings {
    std::vector<double> wall;
    std::vector<double> processor;
};

struct Percentiles {
    double p50 = 0;
    double p99 = 0;
    double p999 = 0;
};

/// Over every `step`th time from `first`.
Percentiles percentiles(const std::vector<double>& all, std::size_t first = 0, std::size_t step = 1) {
    std::vector<double> sorted;
    for (std::size_t i = first; i < all.size(); i += step) sorted.push_back(all[i]);
    std::sort(sorted.begin(), sorted.end());
    const auto at = [&](double share) {
        return sorted[std::min(sorted.size() - 1,
                               static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
    };
    return {at(0.5), at(0.99), at(0.999)};
}

/// The best of several rounds, figure by figure.
struct Best {
    Percentiles wall;
    Percentiles processor;
    bool any = false;

    void take(const Timings& times, std::size_t first = 0, std::size_t step = 1) {
        lower(wall, percentiles(times.wall, first, step));
        lower(processor, percentiles(times.processor, first, step));
        any = true;
    }

private:
    void lower(Percentiles& kept, const Percentiles& round) const {
        if (!any) kept = round;
        kept = {std::min(kept.p50, round.p50), std::min(kept.p99, round.p99), std::min(kept.p999, round.p999)};
    }
};

class Bench {
public:
    Bench(int nodes, int pods, std::uint64_t seed) : nodes_(nodes), pods_(pods), random_(seed) { build(); }

    /// What the deltas are judged by in one pass: each pass does the same seeded work, and none disturbs another's
    /// caches.
    enum class By { Verdict, Whole, Rescan };

    /// The verdicts of one pass, and their times.
    std::vector<bool> pass(By by, int deltas, Timings& timings) {
        std::vector<bool> passed;
        for (int i = 0; i < deltas; ++i) {
            change();
            const Write write = draw(static_cast<Ask>(i % 4), i / 4 % 2);
            const double processor_start = thread_micros();
            const auto start = Clock::now();
            bool safe = false;
            if (by == By::Verdict) {
                const auto effect = gate::effect_of(write.request, state_, settings_);
                safe = gate::judge_effect(state_, {}, *effect, write.request.action.reason, settings_).passed;
            }
            if (by == By::Whole) safe = gate::judge(state_, {}, write.request, settings_)->passed;
            if (by == By::Rescan) safe = rescan(write);
            timings.wall.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
            timings.processor.push_back(thread_micros() - processor_start);
            passed.push_back(safe);
        }
        return passed;
    }

    [[nodiscard]] int workloads() const { return std::max(1, pods_ / kPodsPerWorkload); }

private:
    struct Write {
        Ask ask = Ask::ScaleUp;
        std::string app;
        int added = 0;  ///< pods that may come
        gate::Request request;
    };

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

    /// A write with its decisive node put at its limit, or `past` bytes over it.
    Write draw(Ask ask, int past) {
        const int p = number(pods_);
        Write write;
        write.ask = ask;
        write.app = name("w", ask == Ask::Evict || ask == Ask::ScaleDown ? p % workloads() : number(workloads()));
        const cluster::Workload& workload = state_.workload(find(write.app)).workload;
        gate::Action& action = write.request.action;
        action.verb = gate::Verb::Scale;
        action.object = {"apps/v1", "Deployment", "shop", write.app};
        switch (ask) {
            case Ask::ScaleUp:
                write.added = 1 + number(4);
                action.replicas = workload.desired + write.added;
                break;
            case Ask::ScaleDown:
                action.replicas = workload.desired - 1;
                break;
            case Ask::Image:
                write.added = static_cast<int>(workload.desired);
                action.verb = gate::Verb::SetImage;
                write.request.preview.emplace().exists = true;
                write.request.preview->workload = workload;
                write.request.preview->workload->template_digest = 2;
                break;
            case Ask::Evict:
                write.added = 1;
                action.verb = gate::Verb::Evict;
                action.object = {"v1", "Pod", "shop", name("pod-", p)};
                action.reason = "γ₁: its node needs headroom";
                break;
        }
        const cluster::PodId pod = state_.find_pod("shop", name("pod-", p));
        place(write, ask == Ask::ScaleDown ? state_.pod(pod).node : static_cast<cluster::NodeId>(number(nodes_)), past);
        return write;
    }

    /// Puts one node where the write's pods take it to its limit, or `past` bytes over it; and the last one back.
    void place(const Write& write, cluster::NodeId id, int past) {
        if (!placed_.empty()) state_.set_node_usage(placed_, {20'000 * kMi, ++clock_});
        placed_ = state_.node(id).name;
        const auto& shape = *state_.workload(find(write.app)).workload.shape;
        const auto each = gate::estimate(shape, state_.highest_use(find(write.app)));
        const std::int64_t count = gate::fitting(state_.rows()[id].free, shape.request, write.added);
        state_.set_node_usage(placed_, {state_.rows()[id].limit - count * *each + past, ++clock_});
    }

    /// The same decision from nothing but the objects: every pod is visited. Everything that may come finds room on
    /// every node here, so that nobody's leaving makes anything worse.
    bool rescan(const Write& write) const {
        struct Unit {
            cluster::Amounts free;
            bool has_own = false;
        };
        std::vector<Unit> units(state_.rows().size());
        for (cluster::NodeId id = 0; id < units.size(); ++id) units[id].free = state_.node(id).allocatable;
        const cluster::WorkloadId owner = find(write.app);
        const auto& shape = *state_.workload(owner).workload.shape;
        cluster::Bytes each = shape.request.memory;
        for (cluster::PodId id = 0; id < state_.pod_slots(); ++id) {
            const cluster::PodSlot& pod = state_.pod(id);
            if (!pod.active() || pod.node == cluster::kNone) continue;
            units[pod.node].free -= pod.shape->request;
            if (pod.owner != owner) continue;
            each = std::max(each, pod.peak);
            units[pod.node].has_own = true;
        }
        bool passed = true;
        for (cluster::NodeId id = 0; id < units.size(); ++id) {
            const cluster::UnitRow& row = state_.rows()[id];
            const std::int64_t count = gate::fitting(units[id].free, shape.request, write.added);
            const bool touched = count > 0 || (write.ask == Ask::ScaleDown && units[id].has_own);
            if (touched && !cluster::keeps_floor(row.capacity, row.used + count * each, cluster::Floor{}))
                passed = false;
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

void show(const char* what, const Best& times) {
    std::printf("  %-26s wall %8.1f %8.1f %9.1f   processor %8.1f %8.1f %9.1f\n", what, times.wall.p50, times.wall.p99,
                times.wall.p999, times.processor.p50, times.processor.p99, times.processor.p999);
}

void show_ratio(const Percentiles& rescan, const Percentiles& verdict, const char* of) {
    std::printf("  rescan / verdict, %-9s p50 %.1f  p99 %.1f  p99.9 %.1f\n", of, rescan.p50 / verdict.p50,
                rescan.p99 / verdict.p99, rescan.p999 / verdict.p999);
}

bool measure(int nodes, int pods, int deltas) {
    constexpr std::uint64_t kSeed = 14;
    using By = Bench::By;
    constexpr std::array kBy = {By::Verdict, By::Whole, By::Rescan};
    std::array<Best, 3> times;
    std::array<Best, 4> asks;
    std::vector<bool> expected;
    bool agreed = true;
    for (int round = 0; round < kRounds; ++round) {
        for (std::size_t by = 0; by < kBy.size(); ++by) {
            Timings all;
            const auto passed = Bench(nodes, pods, kSeed).pass(kBy[by], deltas, all);
            if (expected.empty()) expected = passed;
            agreed = agreed && passed == expected;
            times[by].take(all);
            for (std::size_t ask = 0; kBy[by] == By::Verdict && ask < asks.size(); ++ask) asks[ask].take(all, ask, 4);
        }
    }
    const auto passed = std::count(expected.begin(), expected.end(), true);
    std::printf("%d nodes, %d pods, %d deltas: %ld passed, the three %s\n", nodes, pods, deltas,
                static_cast<long>(passed), agreed ? "agree every time" : "DISAGREE");
    std::printf("  best of %d rounds, us            p50      p99     p99.9                 p50      p99     p99.9\n",
                kRounds);
    show("verdict", times[0]);
    for (std::size_t ask = 0; ask < asks.size(); ++ask) show((std::string("  ") + kAskNames[ask]).c_str(), asks[ask]);
    show("with reason and remedies", times[1]);
    show("full rescan", times[2]);
    show_ratio(times[2].wall, times[0].wall, "wall");
    show_ratio(times[2].processor, times[0].processor, "processor");
    return agreed;
}

}  // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
    if (argc > 1) return measure(argument(1, 1'000), argument(2, 30'000), argument(3, 10'000)) ? 0 : 1;
    bool agreed = measure(1'000, 30'000, 10'000);
    agreed = measure(5'000, 150'000, 2'000) && agreed;
    agreed = measure(100'000, 300'000, 1'000) && agreed;
    return agreed ? 0 : 1;
}
