#include <algorithm>
#include <set>

#include "tests/simulated/cluster.hpp"

namespace helix::simulated::test {
namespace {

TEST(Deployment, ScalesUpAndItsPodsRun) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    cluster.run(10);
    EXPECT_EQ(cluster.running("cart"), 2);

    const gate::Action up = scale("Deployment", "cart", 5);
    const auto result = cluster.write(up);
    ASSERT_EQ(result.outcome, ports::Outcome::Applied) << result.detail;
    EXPECT_EQ(result.detail, "scaled 2 -> 5");
    EXPECT_LT(std::stoll(result.resource_version_before), std::stoll(result.resource_version_after));
    EXPECT_TRUE(cluster.target->await_visible(up, result, 1000));
    cluster.run(10);
    EXPECT_EQ(cluster.running("cart"), 5);
    cluster.target->read([](const cluster::State& mirror) {
        const auto id = mirror.find_workload(cluster::WorkloadKind::Deployment, "shop", "cart");
        ASSERT_NE(id, cluster::kNone);
        EXPECT_EQ(mirror.counted_under(id), 5);
        EXPECT_TRUE(mirror.in_flux().empty());
    });
}

TEST(Deployment, ScaleDownTakesWhoIsNotRunningFirst) {
    Cluster cluster;
    cluster.add(workload("Deployment", "big", 2, "3Gi"));
    cluster.run(10);
    ASSERT_EQ(cluster.write(scale("Deployment", "big", 9)).outcome, ports::Outcome::Applied);
    cluster.run(10);
    EXPECT_EQ(cluster.running("big"), 6);  // two fit on each node, three stay pending
    ASSERT_EQ(cluster.write(scale("Deployment", "big", 6)).outcome, ports::Outcome::Applied);
    cluster.run(1);
    EXPECT_EQ(cluster.running("big"), 6);
    EXPECT_EQ(cluster.pods("big").size(), 6U);
}

struct Rolling {
    Json surge;
    Json unavailable;
    std::int64_t live_max;
    std::int64_t ready_min;
};

class RollingUpdate : public testing::TestWithParam<Rolling> {};

TEST_P(RollingUpdate, KeepsToItsStrategyWhileTerminatingPodsHoldMemory) {
    SimOptions options;
    options.stop_delay_min = 8 * kSecond;  // longer than a start: old and new overlap
    Cluster cluster(options);
    const Json strategy{
        {"strategy",
         {{"rollingUpdate", {{"maxSurge", GetParam().surge}, {"maxUnavailable", GetParam().unavailable}}}}}};
    cluster.add(workload("Deployment", "cart", 4, "256Mi", strategy));
    cluster.run(10);
    ASSERT_EQ(cluster.write(action(gate::Verb::Restart, "Deployment", "cart")).outcome, ports::Outcome::Applied);

    bool held_beyond_desired = false;
    for (int tick = 0; tick < 800; ++tick) {
        cluster.clock.advance(100 * kMillisecond);
        const auto pods = cluster.pods("cart");
        std::int64_t live = 0;
        std::int64_t terminating = 0;
        for (const PodTruth& pod : pods) {
            if (!pod.seen.terminating) ++live;
            if (pod.seen.terminating && pod.use > 0) ++terminating;
        }
        EXPECT_LE(live, GetParam().live_max);
        EXPECT_GE(cluster.running("cart"), GetParam().ready_min);
        if (terminating > 0 && live + terminating > 4) held_beyond_desired = true;
    }
    EXPECT_TRUE(held_beyond_desired);
    std::set<std::string> hashes;
    for (const PodTruth& pod : cluster.pods("cart")) hashes.insert(pod.seen.template_hash);
    EXPECT_EQ(hashes.size(), 1U);
    EXPECT_EQ(cluster.running("cart"), 4);
}

INSTANTIATE_TEST_SUITE_P(Strategies, RollingUpdate,
                         testing::Values(Rolling{1, 0, 5, 4}, Rolling{0, 1, 4, 3}, Rolling{2, 2, 6, 2},
                                         Rolling{"25%", "25%", 5, 3}, Rolling{"100%", 0, 8, 4}));

TEST(Deployment, RecreateStartsNoNewPodWhileAnOldOneIsLeft) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 3, "256Mi", Json{{"strategy", {{"type", "Recreate"}}}}));
    cluster.run(10);
    ASSERT_EQ(cluster.write(action(gate::Verb::Restart, "Deployment", "cart")).outcome, ports::Outcome::Applied);
    for (int tick = 0; tick < 300; ++tick) {
        cluster.clock.advance(100 * kMillisecond);
        std::set<std::string> hashes;
        for (const PodTruth& pod : cluster.pods("cart")) hashes.insert(pod.seen.template_hash);
        EXPECT_LE(hashes.size(), 1U);
    }
    EXPECT_EQ(cluster.running("cart"), 3);
}

TEST(Deployment, DeletedTakesItsReplicaSetsAndPodsAlong) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 3, "256Mi"));
    cluster.run(10);
    gate::Action drop = action(gate::Verb::Delete, "Deployment", "cart");
    const auto result = cluster.write(drop);
    ASSERT_EQ(result.outcome, ports::Outcome::Applied);
    EXPECT_EQ(result.resource_version_after, "");
    EXPECT_TRUE(cluster.target->await_visible(drop, result, 1000));
    EXPECT_EQ(cluster.pods("cart").size(), 3U);  // terminating: they hold their memory
    cluster.run(11);
    EXPECT_TRUE(cluster.pods("cart").empty());
}

TEST(StatefulSet, StartsStopsAndUpdatesOneByOne) {
    Cluster cluster;
    cluster.add(workload("StatefulSet", "db", 3, "256Mi"));
    for (int tick = 0; tick < 200; ++tick) {
        cluster.clock.advance(100 * kMillisecond);
        std::int64_t not_ready = 0;
        for (const PodTruth& pod : cluster.pods("db")) not_ready += pod.seen.ready ? 0 : 1;
        EXPECT_LE(not_ready, 1);
    }
    EXPECT_EQ(cluster.running("db"), 3);
    ASSERT_EQ(cluster.write(action(gate::Verb::Restart, "StatefulSet", "db")).outcome, ports::Outcome::Applied);
    std::vector<std::int64_t> order;
    for (int tick = 0; tick < 600; ++tick) {
        cluster.clock.advance(100 * kMillisecond);
        EXPECT_GE(cluster.running("db"), 2);
        for (const PodTruth& pod : cluster.pods("db"))
            if (pod.seen.terminating && (order.empty() || order.back() != pod.ordinal)) order.push_back(pod.ordinal);
    }
    EXPECT_EQ(order, (std::vector<std::int64_t>{2, 1, 0}));
    EXPECT_EQ(cluster.running("db"), 3);
    ASSERT_EQ(cluster.write(scale("StatefulSet", "db", 1)).outcome, ports::Outcome::Applied);
    cluster.run(30);
    ASSERT_EQ(cluster.pods("db").size(), 1U);
    EXPECT_EQ(cluster.pods("db").front().ordinal, 0);
}

TEST(DaemonSet, RunsOnEveryNodeThatMatchesAndUpdatesOneAtATime) {
    Cluster cluster;
    cluster.add(workload("DaemonSet", "agent", 0, "64Mi"));
    cluster.add(node("n4", "8Gi", Json{{"taints", {{{"key", "gpu"}, {"effect", "NoSchedule"}}}}}));
    cluster.run(10);
    EXPECT_EQ(cluster.running("agent"), 3);
    cluster.add(node("n5", "8Gi"));
    cluster.run(10);
    EXPECT_EQ(cluster.running("agent"), 4);
    ASSERT_EQ(cluster.write(action(gate::Verb::Restart, "DaemonSet", "agent")).outcome, ports::Outcome::Applied);
    for (int tick = 0; tick < 800; ++tick) {
        cluster.clock.advance(100 * kMillisecond);
        EXPECT_GE(cluster.running("agent"), 3);
    }
    EXPECT_EQ(cluster.running("agent"), 4);
}

TEST(Job, RunsItsCompletionsAndEnds) {
    Cluster cluster;
    Json job = workload("Job", "batch", 0, "64Mi", Json{{"parallelism", 2}, {"completions", 3}});
    job["apiVersion"] = "batch/v1";
    job["spec"].erase("replicas");
    job["spec"].erase("selector");
    cluster.add(job);
    cluster.run(10);
    EXPECT_EQ(cluster.running("batch"), 2);
    cluster.run(600);
    EXPECT_EQ(cluster.running("batch"), 0);
    EXPECT_EQ(cluster.pods("batch").size(), 3U);  // succeeded ones stay
    EXPECT_EQ(difference(*cluster.target), "");
}

TEST(Eviction, IsReplacedElsewhereWhenTheNodeIsCordoned) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 3, "256Mi"));
    cluster.run(10);
    const PodTruth victim = cluster.pods("cart").front();
    ASSERT_EQ(cluster.write(action(gate::Verb::Cordon, "Node", victim.seen.node)).outcome, ports::Outcome::Applied);
    ASSERT_EQ(cluster.write(action(gate::Verb::Evict, "Pod", victim.seen.name)).outcome, ports::Outcome::Applied);
    EXPECT_EQ(cluster.pods("cart").size(), 4U);  // the replacement is there before the memory is free
    cluster.run(20);
    EXPECT_EQ(cluster.running("cart"), 3);
    for (const PodTruth& pod : cluster.pods("cart")) EXPECT_NE(pod.seen.node, victim.seen.node);
}

TEST(Drain, EmptiesTheNodeButForItsDaemons) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 6, "256Mi"));
    cluster.add(workload("DaemonSet", "agent", 0, "64Mi"));
    cluster.run(10);
    const auto result = cluster.write(action(gate::Verb::Drain, "Node", "n1"));
    ASSERT_EQ(result.outcome, ports::Outcome::Applied) << result.detail;
    EXPECT_EQ(result.detail, "cordoned, 2 of 2 pods evicted");
    cluster.run(20);
    for (const PodTruth& pod : cluster.pods("cart")) EXPECT_NE(pod.seen.node, "n1");
    EXPECT_EQ(cluster.running("cart"), 6);
    EXPECT_EQ(cluster.running("agent"), 3);
}

TEST(Drain, StopsAtADisruptionBudget) {
    Cluster cluster(SimOptions{}, 1);
    cluster.add(workload("Deployment", "cart", 3, "256Mi"));
    cluster.add(Json{{"apiVersion", "policy/v1"},
                     {"kind", "PodDisruptionBudget"},
                     {"metadata", {{"name", "cart"}, {"namespace", "shop"}}},
                     {"spec", {{"minAvailable", 2}, {"selector", {{"matchLabels", {{"app", "cart"}}}}}}}});
    cluster.run(10);
    const auto result = cluster.write(action(gate::Verb::Drain, "Node", "n1"));
    EXPECT_EQ(result.outcome, ports::Outcome::NotApplied);
    ASSERT_TRUE(result.failure);
    EXPECT_EQ(result.failure->code, Code::PreconditionFailed);
    EXPECT_EQ(result.failure->message,
              "cordoned, 1 of 3 pods evicted: Cannot evict pod as it would violate the pod's disruption budget.");
    cluster.run(30);
    EXPECT_EQ(cluster.running("cart"), 2);
}

TEST(Memory, WalksWithinItsBoundsAndIsHeldUntilThePodIsGone) {
    SimOptions options;
    options.memory = MemoryProfile{50, 40, 80, 10};
    Cluster cluster(options, 1);
    cluster.add(workload("Deployment", "cart", 1, "1000Mi"));
    cluster.run(10);
    std::set<Bytes> seen;
    for (int tick = 0; tick < 100; ++tick) {
        cluster.run(5);
        const Bytes use = cluster.pods("cart").front().use;
        EXPECT_GE(use, 400 * kMi);
        EXPECT_LE(use, 800 * kMi);
        seen.insert(use);
    }
    EXPECT_GT(seen.size(), 20U);
    ASSERT_EQ(cluster.write(scale("Deployment", "cart", 0)).outcome, ports::Outcome::Applied);
    cluster.target->with_world([](World& world) { EXPECT_GT(world.node_use("n1"), 0); });
    cluster.run(11);
    cluster.target->with_world([](World& world) { EXPECT_EQ(world.node_use("n1"), 0); });
}

TEST(Namespace, DeletedEmptiesItself) {
    Cluster cluster;
    cluster.add(workload("Deployment", "cart", 2, "256Mi"));
    cluster.run(10);
    ASSERT_EQ(cluster.write(action(gate::Verb::Delete, "Namespace", "shop")).outcome, ports::Outcome::Applied);
    cluster.run(20);
    cluster.target->with_world([](World& world) {
        EXPECT_EQ(world.find(Key{"Namespace", "", "shop"}), nullptr);
        EXPECT_TRUE(world.all("Pod").empty());
    });
}

}  // namespace
}  // namespace helix::simulated::test
