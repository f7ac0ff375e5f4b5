#include <gtest/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

namespace helix::kube_objects {
namespace {

using cluster::Rollout;
using cluster::Workload;
using cluster::WorkloadKind;

Workload read(WorkloadKind kind, const std::string& rest) {
    Decoder decoder;
    const auto workload =
        decoder.decode_workload(kind, R"({"metadata":{"name":"w","namespace":"s","generation":3},)" + rest + "}");
    EXPECT_TRUE(workload.ok()) << workload.error().message;
    return workload.ok() ? *workload : Workload{};
}

TEST(DecodeWorkload, Deployment) {
    const auto one = read(WorkloadKind::Deployment,
                          R"("spec":{"replicas":5,"paused":true,"strategy":{"type":"RollingUpdate"}},
                             "status":{"observedGeneration":2,"updatedReplicas":4,"replicas":6})");
    EXPECT_EQ(one.desired, 5);
    EXPECT_EQ(one.updated, 4);
    EXPECT_EQ(one.generation, 3);
    EXPECT_EQ(one.observed_generation, 2);
    EXPECT_TRUE(one.paused);
    EXPECT_EQ(one.rollout, Rollout::Rolling);
    EXPECT_EQ(read(WorkloadKind::Deployment, R"("spec":{"strategy":{"type":"Recreate"}})").rollout, Rollout::OldFirst);
    EXPECT_EQ(read(WorkloadKind::Deployment, R"("spec":{})").desired, 1);
}

TEST(DecodeWorkload, StatefulSet) {
    const auto one = read(WorkloadKind::StatefulSet,
                          R"("spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}})");
    EXPECT_EQ(one.rollout, Rollout::OneForOne);
    EXPECT_EQ(one.partition, 2);
    EXPECT_EQ(read(WorkloadKind::StatefulSet, R"("spec":{"updateStrategy":{"type":"OnDelete"}})").rollout,
              Rollout::OnDelete);
}

TEST(DecodeWorkload, DaemonSet) {
    const auto rollout = [](const std::string& surge) {
        return read(WorkloadKind::DaemonSet,
                    R"("spec":{"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":)" + surge + "}}}")
            .rollout;
    };
    EXPECT_EQ(rollout("0"), Rollout::OneForOne);
    EXPECT_EQ(rollout("\"0%\""), Rollout::OneForOne);
    EXPECT_EQ(rollout("1"), Rollout::Rolling);
    EXPECT_EQ(rollout("\"10%\""), Rollout::Rolling);
    const auto one = read(WorkloadKind::DaemonSet,
                          R"("spec":{"template":{"spec":{"hostNetwork":true}}},
                             "status":{"desiredNumberScheduled":7,"updatedNumberScheduled":6,"observedGeneration":3})");
    EXPECT_EQ(one.desired, 7);
    EXPECT_EQ(one.updated, 6);
    EXPECT_EQ(one.shape->tolerations.size(), 7U);
    EXPECT_EQ(read(WorkloadKind::DaemonSet, R"("spec":{"template":{"spec":{}}})").shape->tolerations.size(), 6U);
}

TEST(DecodeWorkload, Job) {
    const auto desired = [](const std::string& spec, const std::string& status = "{}") {
        return read(WorkloadKind::Job, R"("spec":)" + spec + R"(,"status":)" + status).desired;
    };
    EXPECT_EQ(desired("{}"), 1);
    EXPECT_EQ(desired(R"({"parallelism":3,"completions":10})"), 3);
    EXPECT_EQ(desired(R"({"parallelism":3,"completions":10})", R"({"succeeded":8})"), 2);
    EXPECT_EQ(desired(R"({"parallelism":3})"), 3);
    EXPECT_EQ(desired(R"({"parallelism":3})", R"({"succeeded":1,"active":2})"), 2);
    EXPECT_EQ(desired(R"({"parallelism":3,"suspend":true})"), 0);
    EXPECT_EQ(desired(R"({"parallelism":3})", R"({"conditions":[{"type":"Complete","status":"True"}]})"), 0);
    EXPECT_EQ(desired(R"({"parallelism":3})", R"({"conditions":[{"type":"Failed","status":"False"}]})"), 3);
    EXPECT_EQ(read(WorkloadKind::Job, R"("spec":{})").observed_generation, 3);
}

TEST(DecodeWorkload, CronJob) {
    const auto one = read(WorkloadKind::CronJob,
                          R"("spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"parallelism":4,
                             "template":{"spec":{"containers":[{"resources":{"requests":{"memory":"1Mi"}}}]}}}}},
                             "status":{"active":[{"kind":"Job"}]})");
    EXPECT_EQ(one.desired, 4);
    EXPECT_EQ(one.shape->request.memory, 1 << 20);
    EXPECT_EQ(
        read(WorkloadKind::CronJob, R"("spec":{"suspend":true,"jobTemplate":{"spec":{"parallelism":4}}})").desired, 0);
}

TEST(DecodeWorkload, BarePod) {
    const auto one =
        read(WorkloadKind::Pod, R"("spec":{"nodeName":"n","containers":[{"resources":{"limits":{"memory":"2Mi"}}}]})");
    EXPECT_EQ(one.desired, 1);
    EXPECT_EQ(one.shape->node_name, "n");
    EXPECT_EQ(one.shape->request.memory, 2 << 20);
}

TEST(DecodeWorkload, TheDigestFollowsTheTemplateAlone) {
    const std::string base = R"("spec":{"replicas":1,"template":{"spec":{"containers":[{"image":"a b"}]}}})";
    const auto digest = [](const std::string& text) { return read(WorkloadKind::Deployment, text).template_digest; };
    EXPECT_EQ(digest(base),
              digest(R"("spec":{"replicas":9,"template":{"spec":{"containers":[{"image":"a b"}]}}},"status":{})"));
    EXPECT_EQ(digest(base),
              digest("\"spec\": { \"template\" : {\n \"spec\": {\"containers\": [ {\"image\": \"a b\"} ] } } }"));
    EXPECT_NE(digest(base), digest(R"("spec":{"replicas":1,"template":{"spec":{"containers":[{"image":"ab"}]}}})"));
}

TEST(DecodeWorkload, RefusesAKindItDoesNotKnow) {
    Decoder decoder;
    EXPECT_EQ(decoder.decode_workload(WorkloadKind::Other, "{}").error().code, Code::Unimplemented);
}

}  // namespace
}  // namespace helix::kube_objects
