#include <condition_variable>
#include <mutex>

#include "adapters/simulated/demo_world.hpp"
#include "tests/simulated/cluster.hpp"

namespace helix::simulated::test {
namespace {

struct Fullest {
    std::string name;
    Bytes headroom = 0;
};

Fullest fullest(const SimulatedTarget& target) {
    Fullest found;
    target.read([&](const cluster::State& mirror) {
        for (std::size_t id = 0; id < mirror.rows().size(); ++id) {
            const cluster::UnitRow& row = mirror.rows()[id];
            EXPECT_GT(row.used, 0);
            EXPECT_GT(row.limit, row.used);
            if (found.name.empty() || row.limit - row.used < found.headroom)
                found = {mirror.node(static_cast<cluster::NodeId>(id)).name, row.limit - row.used};
        }
    });
    return found;
}

// What the first page and the tour rely on, at any moment of the usage's walk.
TEST(Demo, AFewMorePodsFitAndManyDoNot) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimClock clock;
        SimOptions options;
        options.seed = seed;
        options.clock = &clock;
        const auto target = make_simulated_target("demo", options);
        for (int minute = 0; minute < 20; ++minute) {
            const Fullest node = fullest(*target);
            EXPECT_EQ(node.name, "demo-node-3");
            EXPECT_GE(node.headroom, 2 * 512 * kMi) << "seed " << seed;  // cart + 2
            EXPECT_LT(node.headroom, 6 * 512 * kMi) << "seed " << seed;  // cart + 6
            clock.advance(60 * kSecond);
        }
    }
}

TEST(Demo, IsSettledWhenOneFirstSeesIt) {
    SimClock clock;
    SimOptions options;
    options.clock = &clock;
    const auto target = make_simulated_target("demo", options);
    EXPECT_EQ(target->kind(), "simulated");
    EXPECT_EQ(target->address(), "built-in simulation (no cluster reached)");
    EXPECT_TRUE(target->freshness().synced);
    EXPECT_EQ(target->freshness().last_metrics_us, clock.now());
    target->read([](const cluster::State& mirror) {
        EXPECT_EQ(mirror.node_count(), 5U);
        EXPECT_EQ(mirror.pod_count(), 40U);
        EXPECT_TRUE(mirror.pending().empty());
        EXPECT_TRUE(mirror.unseen().empty());
        EXPECT_TRUE(mirror.in_flux().empty());
        const auto cart = mirror.find_workload(cluster::WorkloadKind::Deployment, "shop", "cart");
        ASSERT_NE(cart, cluster::kNone);
        EXPECT_TRUE(mirror.highest_use(cart).has_value());
    });
    EXPECT_EQ(difference(*target), "");
}

TEST(Demo, ItsUsageMoves) {
    SimClock clock;
    SimOptions options;
    options.clock = &clock;
    const auto target = make_simulated_target("demo", options);
    int changes = 0;
    target->on_change([&] { ++changes; });
    const Fullest before = fullest(*target);
    clock.advance(60 * kSecond);
    EXPECT_NE(fullest(*target).headroom, before.headroom);
    EXPECT_GE(changes, 4);
}

TEST(Demo, RunsInRealTimeOnAThreadOfItsOwn) {
    SimOptions options;
    options.start_delay_min = options.start_delay_max = 20 * kMillisecond;
    const auto target = make_simulated_target("demo", options);
    std::mutex mutex;
    std::condition_variable changed;
    const auto cart_ready = [&] {
        std::int64_t ready = 0;
        target->read([&](const cluster::State& mirror) {
            const auto cart = mirror.find_workload(cluster::WorkloadKind::Deployment, "shop", "cart");
            for (const auto pod : mirror.pods_under(cart)) ready += mirror.pod(pod).ready ? 1 : 0;
        });
        return ready;
    };
    target->on_change([&] {
        const std::lock_guard lock(mutex);
        changed.notify_all();
    });
    const gate::Action up = scale("Deployment", "cart", 6);
    const auto result = target->write(up, {"cycle-1", "tester"});
    ASSERT_EQ(result.outcome, ports::Outcome::Applied) << result.detail;
    EXPECT_TRUE(target->await_visible(up, result, 10'000));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return cart_ready() == 6; }));
}

}  // namespace
}  // namespace helix::simulated::test
