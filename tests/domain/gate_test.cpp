#include "domain/gate/gate.hpp"

#include <gtest/gtest.h>

#include "tests/domain/cluster_builder.hpp"

namespace helix::gate {
namespace {

using namespace helix::testing;

/// Two nodes of 16 GiB; floors end at about 13.74 GiB in use. "cart" runs one pod of 1 GiB on n1.
ClusterBuilder shop() {
    ClusterBuilder cluster;
    cluster.node("n1", 16 * kGi, 10 * kGi).node("n2", 16 * kGi, 4 * kGi);
    cluster.deployment("cart", shape_of(kGi, "cart"), 1).pod("cart", "cart-1", "n1", kGi);
    return cluster;
}

TEST(Gate, PassesAScaleUpThatKeepsEveryFloorWhereverThePodsLand) {
    const auto cluster = shop();
    const auto verdict = judge(cluster.state, {}, scale("cart", 4), settings());
    ASSERT_TRUE(verdict.ok()) << verdict.error().message;
    EXPECT_TRUE(verdict->passed);
    EXPECT_EQ(verdict->why, Why::Safe);
    EXPECT_EQ(verdict->cases.size(), 2U);
    EXPECT_EQ(verdict->after_micro_pct, 81'250'000);  // 13 of 16 GiB, all three on n1
    EXPECT_EQ(verdict->position, Position::Worsens);
}

TEST(Gate, RefusesOneThatTheLuckySchedulerWouldSurvive) {
    const auto cluster = shop();
    const auto verdict = judge(cluster.state, {}, scale("cart", 5), settings());
    ASSERT_TRUE(verdict.ok());
    EXPECT_FALSE(verdict->passed);
    EXPECT_EQ(verdict->why, Why::FloorBreak);
    EXPECT_EQ(verdict->cases[static_cast<std::size_t>(verdict->worst)].unit, "n1");
    EXPECT_EQ(verdict->max_safe, 4);
    ASSERT_EQ(verdict->remedies.size(), 2U);
    EXPECT_EQ(verdict->remedies[0].replicas, 4);
    EXPECT_EQ(verdict->remedies[1].cordon, std::vector<std::string>{"n1"});
}

TEST(Gate, CountsOnlyWhatFits) {
    auto cluster = shop();
    cluster.node("small", 4 * kGi, kGi, 1);  // room for one pod at most: 2 of 4 GiB
    const auto verdict = judge(cluster.state, {}, scale("cart", 3), settings());
    EXPECT_TRUE(verdict->passed) << verdict->reason;
}

TEST(Gate, EstimatesByTheHighestUseSeen) {
    auto cluster = shop();
    cluster.state.set_pod_usage("shop", "cart-1", {3 * kGi, kNow - 500'000});
    cluster.state.set_pod_usage("shop", "cart-1", {kGi, kNow - 400'000});
    const auto verdict = judge(cluster.state, {}, scale("cart", 3), settings());
    EXPECT_FALSE(verdict->passed);  // 10 + 2 * 3 GiB
    EXPECT_EQ(verdict->groups.front().each, 3 * kGi);
}

TEST(Gate, FailsClosedOnUnknownMemoryAndStaleMetrics) {
    auto cluster = shop();
    cluster.deployment("bare", shape_of(0, "bare"), 0);
    EXPECT_EQ(judge(cluster.state, {}, scale("bare", 1), settings())->why, Why::UnknownMemory);
    auto late = settings();
    late.now += 90'000'000;
    EXPECT_EQ(judge(cluster.state, {}, scale("cart", 2), late)->why, Why::StaleMetrics);
    EXPECT_TRUE(judge(cluster.state, {}, scale("cart", 0), late)->passed);
}

TEST(Gate, ScaleDownAlwaysPassesOnUnitsAboveTheirFloor) {
    const auto cluster = shop();
    const auto verdict = judge(cluster.state, {}, scale("cart", 0), settings());
    EXPECT_TRUE(verdict->passed);
    EXPECT_EQ(verdict->why, Why::Release);
    EXPECT_EQ(verdict->position, Position::Improves);
}

TEST(Gate, RelievesABreakUnitOnlyWithAReason) {
    auto cluster = shop();
    cluster.state.set_node_usage("n1", {15 * kGi, kNow});
    EXPECT_EQ(judge(cluster.state, {}, scale("cart", 0), settings())->why, Why::ReliefNeedsReason);
    const auto relieved = judge(cluster.state, {}, scale("cart", 0, "γ₁: n1 at 93.75 %"), settings());
    EXPECT_EQ(relieved->why, Why::Relief);
    EXPECT_TRUE(relieved->passed);
    EXPECT_TRUE(relieved->improvement_certain);
    auto strict = settings();
    strict.relief = false;
    EXPECT_EQ(judge(cluster.state, {}, scale("cart", 0, "γ₁: n1 at 93.75 %"), strict)->why, Why::ReliefOff);
}

TEST(Gate, AnEvictionFromABreakUnitNeedsItCordonedFirst) {
    auto cluster = shop();
    cluster.state.set_node_usage("n1", {15 * kGi, kNow});
    const auto evict = on(Verb::Evict, "Pod", "cart-1", "gamma1: n1 below its floor");
    EXPECT_EQ(judge(cluster.state, {}, evict, settings())->why, Why::BreakUnit);
    const std::vector<Request> plan = {on(Verb::Cordon, "Node", "n1"), evict};
    const auto verdicts = judge_plan(cluster.state, {}, plan, settings());
    ASSERT_TRUE(verdicts.ok());
    ASSERT_EQ(verdicts->size(), 2U);
    EXPECT_EQ(verdicts->back().why, Why::Relief) << verdicts->back().reason;
}

TEST(Gate, ARestartCountsOldAndNewTogether) {
    ClusterBuilder cluster;
    cluster.node("n1", 16 * kGi, 9 * kGi);
    cluster.deployment("cart", shape_of(kGi, "cart"), 4);
    for (int i = 0; i < 4; ++i) cluster.pod("cart", "cart-" + std::to_string(i), "n1", kGi);
    EXPECT_TRUE(judge(cluster.state, {}, on(Verb::Restart, "Deployment", "cart"), settings())->passed);  // 9 + 4
    cluster.state.set_node_usage("n1", {10 * kGi, kNow});
    EXPECT_FALSE(judge(cluster.state, {}, on(Verb::Restart, "Deployment", "cart"), settings())->passed);  // 10 + 4
    cluster.deployment("cart", shape_of(kGi, "cart"), 4, Rollout::OldFirst);
    EXPECT_TRUE(judge(cluster.state, {}, on(Verb::Restart, "Deployment", "cart"), settings())->passed);  // Recreate
}

TEST(Gate, TwoWritesCannotSpendTheSameHeadroom) {
    auto cluster = shop();
    cluster.deployment("tax", shape_of(kGi, "tax"), 0);
    const auto first = effect_of(scale("cart", 3), cluster.state, settings());
    const std::vector<Reservation> reserved = {{"c1", *first, kNow, false}};
    EXPECT_TRUE(judge(cluster.state, {}, scale("tax", 2), settings())->passed);
    EXPECT_FALSE(judge(cluster.state, reserved, scale("tax", 2), settings())->passed);  // 10 + 2 + 2
    EXPECT_TRUE(judge(cluster.state, reserved, scale("tax", 1), settings())->passed);
}

TEST(Gate, PendingPodsMayLandAnywhere) {
    auto cluster = shop();
    cluster.deployment("tax", shape_of(2 * kGi, "tax"), 1).pod("tax", "tax-1", "", 0);
    EXPECT_TRUE(judge(cluster.state, {}, scale("cart", 2), settings())->passed);   // 10 + 1 + 2
    EXPECT_FALSE(judge(cluster.state, {}, scale("cart", 3), settings())->passed);  // 10 + 2 + 2
}

TEST(Gate, BoundPodsCountBeforeMetricsShowThem) {
    auto cluster = shop();
    cluster.deployment("tax", shape_of(2 * kGi, "tax"), 1).pod("tax", "tax-1", "n1", 0);
    EXPECT_FALSE(judge(cluster.state, {}, scale("cart", 3), settings())->passed);
}

TEST(Gate, CordonThenScaleUpPassesWhereTheScaleUpAloneWouldNot) {
    const auto cluster = shop();
    const std::vector<Request> alone = {scale("cart", 8)};
    const std::vector<Request> plan = {on(Verb::Cordon, "Node", "n1"), scale("cart", 8)};
    EXPECT_FALSE(judge_plan(cluster.state, {}, alone, settings())->back().passed);
    EXPECT_TRUE(judge_plan(cluster.state, {}, plan, settings())->back().passed);
}

TEST(Gate, RefusesKindsThatNobodyModelled) {
    const auto cluster = shop();
    auto request = on(Verb::Apply, "SparkApplication", "wordcount");
    request.action.object.api_version = "sparkoperator.k8s.io/v1beta2";
    const auto verdict = judge(cluster.state, {}, request, settings());
    EXPECT_EQ(verdict->why, Why::Unmodelled);
    auto known = settings();
    known.neutral_kinds = {"SparkApplication.sparkoperator.k8s.io"};
    EXPECT_TRUE(judge(cluster.state, {}, request, known)->passed);
}

TEST(Gate, AnUncordonIsJudgedWithoutTheTaintThatTheCordonBrought) {
    auto cluster = shop();
    cluster.deployment("tax", shape_of(4 * kGi, "tax"), 1).pod("tax", "tax-1", "", 0);
    Node cordoned = cluster.state.node(cluster.state.find_node("n1"));
    cordoned.unschedulable = true;
    cordoned.taints.push_back({"node.kubernetes.io/unschedulable", "", TaintEffect::NoSchedule});
    cluster.state.upsert(cordoned);
    EXPECT_EQ(judge(cluster.state, {}, on(Verb::Uncordon, "Node", "n1"), settings())->why, Why::FloorBreak);  // 10 + 4
}

TEST(Gate, ALabelThatADaemonSetSelectsBringsItsPod) {
    auto cluster = shop();
    auto disk = shape_of(4 * kGi, "disk");
    disk->node_selector = {{"disk", "ssd"}};
    cluster.deployment("disk", disk, 0, Rollout::OneForOne, WorkloadKind::DaemonSet);
    auto label = on(Verb::Label, "Node", "n1");
    label.action.entries = {{"disk", "ssd"}};
    EXPECT_EQ(judge(cluster.state, {}, label, settings())->why, Why::FloorBreak);
    label.action.object.name = "n2";
    EXPECT_TRUE(judge(cluster.state, {}, label, settings())->passed);
}

TEST(Gate, APodOfAnUnknownControllerComesBack) {
    auto cluster = shop();
    Pod pod;
    pod.ns = "shop";
    pod.name = "kafka-0";
    pod.uid = "uid-kafka-0";
    pod.node = "n2";
    pod.phase = PodPhase::Running;
    pod.controller = OwnerRef{"StrimziPodSet", "kafka", "uid-kafka"};
    pod.shape = shape_of(4 * kGi, "kafka");
    cluster.state.upsert(pod);
    cluster.state.set_pod_usage("shop", "kafka-0", {kGi, kNow});
    const auto verdict = judge(cluster.state, {}, on(Verb::Evict, "Pod", "kafka-0", "gamma1: headroom"), settings());
    EXPECT_EQ(verdict->why, Why::FloorBreak);  // 10 + 4 on n1
}

TEST(Gate, ATerminatingPodBeyondAStatefulSetsSizeBlocksNoSuccessor) {
    ClusterBuilder cluster;
    cluster.node("n1", 16 * kGi, 13 * kGi);
    cluster.deployment("db", shape_of(3 * kGi, "db"), 1, Rollout::OneForOne, WorkloadKind::StatefulSet);
    cluster.pod("db", "db-0", "n1", 2 * kGi).pod("db", "db-1", "n1", 2 * kGi, true);
    EXPECT_EQ(judge(cluster.state, {}, on(Verb::Restart, "StatefulSet", "db"), settings())->why, Why::FloorBreak);
}

TEST(Gate, ALabelKeptByAPlanCountsOnceTheNodeOpens) {
    auto cluster = shop();
    auto disk = shape_of(4 * kGi, "disk");
    disk->node_selector = {{"disk", "ssd"}};
    cluster.deployment("disk", disk, 0);
    Node cordoned = cluster.state.node(cluster.state.find_node("n1"));
    cordoned.unschedulable = true;
    cluster.state.upsert(cordoned);
    auto label = on(Verb::Label, "Node", "n1");
    label.action.entries = {{"disk", "ssd"}};
    const std::vector<Request> plan = {label, on(Verb::Uncordon, "Node", "n1"), scale("disk", 1)};
    const auto verdicts = judge_plan(cluster.state, {}, plan, settings());
    ASSERT_EQ(verdicts->size(), 3U);
    EXPECT_EQ(verdicts->back().why, Why::FloorBreak);
}

TEST(Gate, RefusesBadInput) {
    const auto cluster = shop();
    EXPECT_EQ(judge(cluster.state, {}, scale("cart", -1), settings()).error().code, Code::InvalidArgument);
    EXPECT_EQ(judge(cluster.state, {}, scale("cart", 1'000'000), settings()).error().code, Code::InvalidArgument);
    EXPECT_EQ(judge(cluster.state, {}, scale("nobody", 1), settings()).error().code, Code::NotFound);
    const auto silent = judge(cluster.state, {}, on(Verb::Delete, "Deployment", "cart"), settings());
    EXPECT_EQ(silent.error().where, "reason");
    const auto wrong = on(Verb::Delete, "Deployment", "cart", "γ₁: n1 at 91 %");
    EXPECT_EQ(judge(cluster.state, {}, wrong, settings()).error().code, Code::InvalidArgument);
    const auto right = on(Verb::Delete, "Deployment", "cart", "γ₁: n1 at 62 %");
    EXPECT_TRUE(judge(cluster.state, {}, right, settings())->passed);
}

TEST(Gate, ASpreadConstraintBoundsTheCountPerNode) {
    auto cluster = shop();
    auto spread = shape_of(kGi, "web");
    spread->spreads.push_back({1, 1, {{"app", Operator::In, {"web"}, false}}, true, false});
    cluster.deployment("web", spread, 0);
    EXPECT_TRUE(judge(cluster.state, {}, scale("web", 6), settings())->passed);   // at most 3 on n1
    EXPECT_FALSE(judge(cluster.state, {}, scale("web", 8), settings())->passed);  // 4 on n1
}

}  // namespace
}  // namespace helix::gate
