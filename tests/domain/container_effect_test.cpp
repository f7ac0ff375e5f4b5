#include <gtest/gtest.h>

#include "domain/gate/certificate.hpp"
#include "tests/domain/cluster_builder.hpp"

// What the gate says of containers on a Docker host: the host and its GPU are the units.
namespace helix::gate {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): test vocabulary

/// A host `forge` of 100 GiB with 40 in use (its floor allows 85.8), and a GPU of 24 GiB with 1 in use (20.6).
class Containers : public ::testing::Test {
protected:
    void SetUp() override { builder_.node("forge", 100 * kGi, 40 * kGi).node("forge/gpu0", 24 * kGi, 1 * kGi); }

    static Workload part(const std::string& name, const std::string& unit, std::optional<Bytes> limit,
                         bool runs = true) {
        Workload made;
        made.kind = WorkloadKind::Container;
        made.ns = unit == "forge" ? "" : unit;
        made.name = name;
        made.uid = "id-" + name + unit;
        made.desired = made.updated = runs ? 1 : 0;
        auto shape = std::make_shared<PodShape>();
        shape->request = {0, 0, 0};
        shape->memory_limit = limit;
        shape->node_name = unit;
        made.shape = std::move(shape);
        return made;
    }

    /// Puts a container on the host; `use` 0: it does not run.
    void there(const std::string& name, std::optional<Bytes> limit, Bytes use, const std::string& unit = "forge") {
        const Workload made = part(name, unit, limit, use > 0);
        builder_.state.upsert(made);
        if (use == 0) return;
        Pod pod;
        pod.ns = made.ns;
        pod.name = name;
        pod.uid = made.uid + "-1";
        pod.node = unit;
        pod.phase = PodPhase::Running;
        pod.controller = OwnerRef{"Container", name, made.uid};
        pod.shape = made.shape;
        builder_.state.upsert(pod);
        builder_.state.set_pod_usage(made.ns, name, {use, kNow - 1'000'000});
    }

    static Request ask(Verb verb, const std::string& name) {
        Request request;
        request.action.verb = verb;
        request.action.object = {"eose.ca/v1", "Container", "", name};
        return request;
    }
    static Request limit(const std::string& name, Bytes memory) {
        Request request = ask(Verb::SetResources, name);
        request.preview.emplace();
        request.preview->workload = part(name, "forge", memory);
        return request;
    }
    static Request create(const std::string& name, std::optional<Bytes> memory) {
        Request request = ask(Verb::Create, name);
        request.preview.emplace();
        request.preview->workload = part(name, "forge", memory);
        return request;
    }
    [[nodiscard]] Verdict judged(const Request& request, std::span<const Reservation> reservations = {}) const {
        Settings settings;
        settings.now = kNow;
        auto verdict = judge(builder_.state, reservations, request, settings);
        EXPECT_TRUE(verdict) << verdict.error().message;
        EXPECT_TRUE(verdict->why == Why::Unmodelled || check(certify(*verdict))) << "its certificate holds";
        return *std::move(verdict);
    }

    ClusterBuilder builder_;
};

TEST_F(Containers, ALimitIsTheWorstCaseToTheByte) {
    const Bytes room = builder_.state.rows()[builder_.state.find_node("forge")].limit - 40 * kGi;
    EXPECT_TRUE(judged(create("cart", room)).passed);
    const Verdict over = judged(create("cart", room + 1));
    EXPECT_FALSE(over.passed);
    EXPECT_EQ(over.why, Why::FloorBreak);
    EXPECT_EQ(over.cases.blocking().front().unit, "forge");
}

TEST_F(Containers, LimitsOfOthersTakeNoRoomButTheirUseDoes) {
    there("idle", 90 * kGi, 1 * kGi);  // overcommitted, as Docker allows
    EXPECT_TRUE(judged(create("cart", 40 * kGi)).passed);
    EXPECT_FALSE(judged(create("cart", 50 * kGi)).passed) << "no scheduler keeps it away either";
}

TEST_F(Containers, WithoutALimitTheMemoryIsUnknown) {
    EXPECT_EQ(judged(create("cart", std::nullopt)).why, Why::UnknownMemory);
    there("old", std::nullopt, 0);
    EXPECT_EQ(judged(ask(Verb::Start, "old")).why, Why::UnknownMemory);
    there("runs", std::nullopt, 2 * kGi);
    EXPECT_TRUE(judged(ask(Verb::Restart, "runs")).passed) << "the highest use seen of it is known";
}

TEST_F(Containers, AnUnknownUnitIsNoRoomAtAll) {
    Request request = create("cart", kGi);
    request.preview->gpu_shares.push_back(part("cart", "forge/gpu7", kGi));
    EXPECT_EQ(judged(request).why, Why::Unmodelled);
    Request elsewhere = ask(Verb::Create, "cart");
    elsewhere.preview.emplace();
    elsewhere.preview->workload = part("cart", "nowhere", kGi);
    EXPECT_EQ(judged(elsewhere).why, Why::Unmodelled);
}

TEST_F(Containers, EachGpuKeepsItsOwnFloor) {
    Request request = create("cart", kGi);
    request.preview->gpu_shares = {part("cart", "forge/gpu0", 19 * kGi)};
    EXPECT_TRUE(judged(request).passed);
    request.preview->gpu_shares = {part("cart", "forge/gpu0", 20 * kGi)};
    const Verdict over = judged(request);
    EXPECT_EQ(over.why, Why::FloorBreak);
    ASSERT_EQ(over.cases.blocking().size(), 1U);
    EXPECT_EQ(over.cases.blocking().front().unit, "forge/gpu0");
    request.preview->gpu_shares = {part("cart", "forge/gpu0", std::nullopt)};
    EXPECT_EQ(judged(request).why, Why::UnknownMemory);
}

TEST_F(Containers, ARestartNeedsTheOldOneGoneFirst) {
    there("big", 50 * kGi, 30 * kGi);
    builder_.state.set_node_usage("forge", {60 * kGi, kNow});
    EXPECT_TRUE(judged(ask(Verb::Restart, "big")).passed) << "60 - 30 + 50 is within 85.8";
    there("bigger", 70 * kGi, 30 * kGi);
    EXPECT_FALSE(judged(ask(Verb::Restart, "bigger")).passed) << "60 - 30 + 70 is not";
}

TEST_F(Containers, AHigherLimitIsJudgedALowerOneIsNot) {
    there("cart", 10 * kGi, 5 * kGi);
    EXPECT_TRUE(judged(limit("cart", 50 * kGi)).passed) << "40 - 5 + 50";
    EXPECT_FALSE(judged(limit("cart", 51 * kGi)).passed);
    builder_.state.set_node_usage("forge", {99 * kGi, kNow});
    EXPECT_TRUE(judged(limit("cart", 9 * kGi)).passed) << "below its floor, too";
    EXPECT_FALSE(judged(limit("cart", 11 * kGi)).passed);
}

TEST_F(Containers, OneThatIsAboutToStartAgainFillsItsNewLimit) {
    builder_.state.upsert(part("loop", "forge", kGi));  // crashed; its restart policy brings it back
    EXPECT_TRUE(judged(limit("loop", 45 * kGi)).passed) << "40 + 45";
    EXPECT_FALSE(judged(limit("loop", 46 * kGi)).passed);
}

TEST_F(Containers, AHigherLimitIsReservedBecauseNobodySeesWhenItIsUsed) {
    there("cart", 10 * kGi, 5 * kGi);
    EXPECT_TRUE(effect_of(limit("cart", 30 * kGi), builder_.state, {})->lasting);
}

TEST_F(Containers, AGpuThatNobodyKnowsCannotBeJudged) {
    there("trainer", 10 * kGi, 5 * kGi);
    there("trainer", kGi, kGi, "forge/gpu3");
    EXPECT_EQ(judged(ask(Verb::Restart, "trainer")).why, Why::Unmodelled);
    Request stop = ask(Verb::Stop, "trainer");
    stop.action.reason = "γ₁: forge is short of memory";
    EXPECT_NE(judged(stop).why, Why::Unmodelled) << "what goes needs no room";
}

TEST_F(Containers, StopAndDeleteRelease) {
    there("cart", 10 * kGi, 5 * kGi);
    for (const Verb verb : {Verb::Stop, Verb::Delete}) {
        Request request = ask(verb, "cart");
        Settings settings;
        settings.now = kNow;
        EXPECT_FALSE(judge(builder_.state, {}, request, settings)) << "they need a reason";
        request.action.reason = "γ₁: forge is short of memory";
        const Verdict verdict = judged(request);
        EXPECT_TRUE(verdict.passed);
        EXPECT_EQ(verdict.why, Why::Release);
    }
}

TEST_F(Containers, WhatRunsIsStartedAlready) {
    there("cart", 90 * kGi, 1 * kGi);
    EXPECT_EQ(judged(ask(Verb::Start, "cart")).why, Why::Neutral);
    EXPECT_EQ(judged(ask(Verb::Restart, "cart")).why, Why::FloorBreak);
}

TEST_F(Containers, TwoThatFitOneByOneDoNotFitTogether) {
    const Request first = create("one", 30 * kGi);
    Settings settings;
    settings.now = kNow;
    const auto effect = effect_of(first, builder_.state, settings);
    ASSERT_TRUE(effect);
    const Reservation reservation{"r", *effect, kNow + 1'000'000, false};
    EXPECT_TRUE(judged(create("two", 30 * kGi)).passed);
    EXPECT_FALSE(judged(create("two", 30 * kGi), std::span(&reservation, 1)).passed);
    // Its container has come, its memory has not: it counts with its limit.
    there("one", 30 * kGi, 1 * kGi);
    builder_.state.upsert([] {
        Pod again;
        again.name = "one";
        again.uid = "id-oneforge-2";
        again.node = "forge";
        again.phase = PodPhase::Running;
        again.controller = OwnerRef{"Container", "one", "id-oneforge"};
        again.shape = part("one", "forge", 30 * kGi).shape;
        return again;
    }());
    EXPECT_FALSE(judged(create("two", 30 * kGi)).passed);
}

TEST_F(Containers, OneThatIsAboutToComeBackCounts) {
    Workload looping = part("loops", "forge", 30 * kGi);
    builder_.state.upsert(looping);  // wanted, and not running just now
    EXPECT_FALSE(judged(create("two", 30 * kGi)).passed);
    EXPECT_TRUE(judged(create("two", 15 * kGi)).passed);
}

TEST_F(Containers, ContainersAreAskedForWhatTheyCanDo) {
    there("cart", kGi, kGi);
    Settings settings;
    settings.now = kNow;
    EXPECT_EQ(judge(builder_.state, {}, ask(Verb::Scale, "cart"), settings).error().code, Code::InvalidArgument);
    EXPECT_EQ(judge(builder_.state, {}, ask(Verb::Start, "nobody"), settings).error().code, Code::NotFound);
    Request pod = ask(Verb::Start, "cart");
    pod.action.object = {"v1", "Pod", "shop", "cart"};
    EXPECT_EQ(judge(builder_.state, {}, pod, settings).error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace helix::gate
