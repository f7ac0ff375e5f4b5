#include "adapters/kubernetes/watermarks.hpp"

#include <gtest/gtest.h>

namespace helix::kubernetes {
namespace {

cluster::State state_with_use(cluster::Bytes request, cluster::Bytes use) {
    cluster::State state;
    cluster::Workload workload;
    workload.kind = cluster::WorkloadKind::StatefulSet;
    workload.ns = "s";
    workload.name = "db";
    workload.uid = "w";
    state.upsert(workload);
    cluster::Pod pod;
    pod.ns = "s";
    pod.name = "db-0";
    pod.uid = "p";
    pod.phase = cluster::PodPhase::Running;
    pod.controller = cluster::OwnerRef{"StatefulSet", "db", "w"};
    cluster::PodShape shape;
    shape.request = {request, 0, 1};
    pod.shape = std::make_shared<const cluster::PodShape>(shape);
    state.upsert(pod);
    state.set_pod_usage("s", "db-0", {use, 1});
    return state;
}

TEST(WatermarkScore, GoesFromLowToHigh) {
    EXPECT_EQ(watermark_score(10, 10, 20), 0);
    EXPECT_EQ(watermark_score(15, 10, 20), 500'000);
    EXPECT_EQ(watermark_score(21, 10, 20), 1'000'000);
    EXPECT_EQ(watermark_score(5, 10, 10), 0);
    EXPECT_EQ(watermark_score(10, 10, 10), 1'000'000);
}

TEST(WatermarkScores, ProxyIsUseOverRequest) {
    const auto scores = watermark_scores({}, state_with_use(1000, 700), {});
    ASSERT_EQ(scores.size(), 1U);
    EXPECT_EQ(scores[0].score_ppm, 500'000);
    EXPECT_TRUE(scores[0].proxy);
    EXPECT_EQ(watermark_scores({}, state_with_use(1, std::int64_t{1} << 50), {})[0].score_ppm, 1'000'000);
    EXPECT_TRUE(watermark_scores({}, state_with_use(0, 700), {}).empty()) << "nothing requested, no share";
}

TEST(WatermarkScores, AnAutoscalerWinsOnceItTells) {
    kube_objects::WatermarkAutoscaler scaler{"s", "a", "StatefulSet", "db", {{"m", 0, 1000, std::nullopt}}};
    EXPECT_TRUE(watermark_scores({scaler}, state_with_use(1000, 700), {})[0].proxy);
    scaler.watermarks[0].current_milli = 250;
    const auto scores = watermark_scores({scaler}, state_with_use(1000, 700), {});
    ASSERT_EQ(scores.size(), 1U);
    EXPECT_FALSE(scores[0].proxy);
    EXPECT_EQ(scores[0].score_ppm, 250'000);
}

}  // namespace
}  // namespace helix::kubernetes
