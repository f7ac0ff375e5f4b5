#include "domain/trial/score.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/trial/cases.hpp"

namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

// TRB-CHAOS-001, the first verdict: four silent gates, Trivy's scan queued, and that is tolerated.
TEST(Score, FirstVerdict) {
    Case input = spotless(Layer::L2);
    input.floor = 50;
    input.tolerate = true;
    of(input, Gate::Trivy) = silent(Gate::Trivy, EvidenceState::Pending);
    const Score verdict = score(input);
    EXPECT_EQ(verdict.raw, 140);
    EXPECT_EQ(to_decimal(verdict.warmth), "1.00");
    EXPECT_EQ(verdict.bonuses.size(), 4U);
    EXPECT_TRUE(verdict.deductions.empty());
    EXPECT_EQ(verdict.verdict, Verdict::Admit);
    EXPECT_TRUE(verdict.final);
    EXPECT_TRUE(verdict.promote);
    EXPECT_TRUE(verdict.sorries.empty());
    EXPECT_EQ(verdict.waiting_for, std::vector{Gate::Trivy});
    EXPECT_EQ(law_of(Layer::L2).note, "local-only, SSO gate");
}

TEST(Score, HoldWaitsForEveryGate) {
    Case input = spotless(Layer::L2);
    of(input, Gate::Trivy) = silent(Gate::Trivy, EvidenceState::Pending);
    const Score waiting = score(input);
    EXPECT_EQ(waiting.warmth, 100);
    EXPECT_EQ(waiting.verdict, Verdict::Watch);
    EXPECT_FALSE(waiting.final);
    EXPECT_EQ(waiting.caps, std::vector<std::string>{"not testified yet: trivy"});
    of(input, Gate::Trivy) = silent(Gate::Trivy);
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    input.served = false;
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    EXPECT_FALSE(score(input).final);
    EXPECT_FALSE(score(input).promote);
}

// A gate that the layer requires must testify though the trial does not ask it; it earns no bonus then.
TEST(Score, AGateThatTheLayerRequiresMustTestify) {
    Case input = spotless(Layer::L0);
    input.gates = {Gate::Conftest, Gate::Trivy};
    input.testimonies = {silent(Gate::Conftest), silent(Gate::Trivy)};
    const Score missing = score(input);
    EXPECT_EQ(missing.verdict, Verdict::Watch);
    EXPECT_EQ(missing.waiting_for, std::vector{Gate::Gatekeeper});
    input.testimonies.push_back(silent(Gate::Gatekeeper));
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    EXPECT_EQ(score(input).raw, 120);
}

TEST(Score, OnlyCleanEarnsABonus) {
    for (const EvidenceState state :
         {EvidenceState::NotInstalled, EvidenceState::Unreadable, EvidenceState::NotCovering, EvidenceState::Pending,
          EvidenceState::Stale, EvidenceState::Partial, EvidenceState::Truncated, EvidenceState::Violations}) {
        Case input = spotless(Layer::L2);
        of(input, Gate::Falco).state = state;
        EXPECT_EQ(score(input).raw, 140) << to_string(state);
        EXPECT_EQ(score(input).verdict == Verdict::Admit, has_testified(state)) << to_string(state);
    }
    Case input = spotless(Layer::L2);
    of(input, Gate::Falco).defects = {defect(Grade::Recorded, "r")};  // called clean, and is not
    EXPECT_EQ(score(input).raw, 140);
}

TEST(Score, NothingIsSaidBeforeAGateHasTestified) {
    Case input = spotless(Layer::L2);
    for (Testimony& testimony : input.testimonies) testimony.state = EvidenceState::Pending;
    EXPECT_EQ(score(input).verdict, Verdict::Pending);
    EXPECT_FALSE(score(input).final);
    input.tolerate = true;  // not even then is silence an ADMIT
    EXPECT_EQ(score(input).verdict, Verdict::Pending);
    EXPECT_FALSE(score(input).final);
    of(input, Gate::Falco).state = EvidenceState::Partial;
    charge(input, Grade::FalcoLow, "r");
    EXPECT_EQ(score(input).verdict, Verdict::Watch);
    charge(input, Grade::FalcoCritical, "s");
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
    EXPECT_TRUE(score(input).final);
}

TEST(Score, NobodyIsAdmittedInAbsence) {
    Case input = spotless(Layer::L2);
    input.subject_found = false;
    EXPECT_EQ(score(input).verdict, Verdict::Pending);
    EXPECT_FALSE(score(input).final);
    charge(input, Grade::TrivyCritical, "CVE-2024-3094");
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
}

struct GradeRow {
    Grade grade;
    Hundredths weight;
    const char* verdicts;  // one letter a layer L0 .. L7 with everything else spotless: Admit, Watch, Deny
};

class Grades : public ::testing::TestWithParam<GradeRow> {};

// One defect of each grade before each layer. At L4 and above the bonus of four clean gates still hides what is left.
TEST_P(Grades, WeighAndDenyByLayer) {
    const GradeRow& row = GetParam();
    EXPECT_EQ(weight_of(row.grade), row.weight);
    for (int i = 0; i < 8; ++i) {
        Case input = spotless(static_cast<Layer>(i));
        input.approved = true;
        charge(input, row.grade, "r");
        const Score verdict = score(input);
        EXPECT_EQ(verdict.raw, 140 + row.weight);
        EXPECT_EQ(to_string(verdict.verdict).front(), row.verdicts[i]) << to_string(row.grade) << " at L" << i;
        EXPECT_EQ(verdict.final, true);
        if (weight_of(row.grade) != 0) {
            ASSERT_EQ(verdict.deductions.size(), 1U);
            EXPECT_EQ(verdict.deductions[0].amount, row.weight);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Grades,
    ::testing::Values(GradeRow{Grade::ConftestDeny, -30, "DDDDDDDD"}, GradeRow{Grade::ConftestWarn, -5, "AAAAAADD"},
                      GradeRow{Grade::KyvernoViolation, -25, "AAAADDDD"},
                      GradeRow{Grade::GatekeeperViolation, -25, "ADAADDDD"},
                      GradeRow{Grade::GatekeeperWarn, -5, "AAAAAADD"}, GradeRow{Grade::FalcoCritical, -100, "DDDDDDDD"},
                      GradeRow{Grade::FalcoHigh, -35, "DDDDDDDD"}, GradeRow{Grade::FalcoMedium, -15, "WWWWDDDD"},
                      GradeRow{Grade::FalcoLow, -5, "AAAAAADD"}, GradeRow{Grade::TrivyCritical, -40, "DDDDDDDD"},
                      GradeRow{Grade::TrivyHigh, -15, "AAAAAADD"}, GradeRow{Grade::Recorded, 0, "AAAAAADW"},
                      GradeRow{Grade::Waived, 0, "AAAAAADW"}));

TEST(Score, TheThreeZonesMeetAtTheFloorAndTwentyAbove) {
    Case input = spotless(Layer::L0);
    for (Testimony& testimony : input.testimonies) testimony.state = EvidenceState::Violations;  // no bonus
    for (int i = 0; i < 7; ++i) {
        input.floor = 80;
        EXPECT_EQ(score(input).verdict, i == 0 ? Verdict::Admit : i <= 4 ? Verdict::Watch : Verdict::Deny) << i;
        charge(input, Grade::ConftestWarn, std::to_string(i));
    }
}

TEST(Score, TheHigherFloorHolds) {
    Case input = spotless(Layer::L3);
    input.floor = 20;
    EXPECT_EQ(score(input).floor, 60);
    input.floor = 70;
    EXPECT_EQ(score(input).floor, 70);
    input.floor = 81;
    EXPECT_EQ(score(input).verdict, Verdict::Watch);
    EXPECT_EQ(score(input).caps,
              std::vector<std::string>{"the floor 0.81 asks for a warmth of 1.01, and warmth ends at 1.00"});
}

TEST(Score, MissingLimitsCostOnceAndCapAboveL2) {
    Case input = spotless(Layer::L2);
    input.unlimited = {"web", "sidecar", "init"};
    EXPECT_EQ(score(input).raw, 130);
    EXPECT_EQ(score(input).deductions.at(0).count, 3);
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    for (const Layer layer : {Layer::L3, Layer::L4, Layer::L5}) {
        input.layer = layer;
        input.approved = true;
        EXPECT_EQ(score(input).verdict, Verdict::Watch);
    }
    input.layer = Layer::L7;
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
    EXPECT_EQ(score(input).hard_denies, std::vector<std::string>{"no resource limits (web, sidecar, init)"});
}

TEST(Score, ImagesWithoutDigestAreNotAdmittedAboveL3) {
    Case input = spotless(Layer::L3);
    input.without_digest = {"web"};
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    input.layer = Layer::L4;
    EXPECT_EQ(score(input).verdict, Verdict::Watch);
}

TEST(Score, ApprovalIsAwaitedAndNotReplaced) {
    Case input = spotless(Layer::L5);
    EXPECT_EQ(score(input).verdict, Verdict::Watch);
    EXPECT_TRUE(score(input).awaits_approval);
    EXPECT_FALSE(score(input).final);  // the approval may still come
    input.approved = true;
    EXPECT_TRUE(score(input).promote);
    charge(input, Grade::KyvernoViolation, "r");
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
}

TEST(Score, L6IsClosedAndL7AsksForAllOfIt) {
    EXPECT_EQ(score(spotless(Layer::L6)).verdict, Verdict::Deny);
    EXPECT_TRUE(score(spotless(Layer::L6)).final);
    Case input = spotless(Layer::L7);
    EXPECT_EQ(score(input).verdict, Verdict::Watch);
    input.approved = true;
    EXPECT_EQ(score(input).verdict, Verdict::Admit);
    input.tolerate = true;
    of(input, Gate::Trivy).state = EvidenceState::Pending;
    EXPECT_EQ(score(input).verdict, Verdict::Watch);  // 1.00 and tolerated, but not five clean gates
}

TEST(Score, CountDoesNotMultiply) {
    Case input = spotless(Layer::L2);
    charge(input, Grade::KyvernoViolation, "r");
    of(input, Gate::Kyverno).defects[0].count = 5;
    const Score verdict = score(input);
    EXPECT_EQ(verdict.raw, 115);
    EXPECT_EQ(verdict.deductions.at(0).count, 5);
    EXPECT_EQ(verdict.deductions.at(0).amount, -25);
}

// Under Hold a trial that is over stays open for its gates, unless their bonus could not lift it to the floor.
TEST(Score, ALostCaseNeedNotWait) {
    Case input = spotless(Layer::L2);
    of(input, Gate::Falco).state = EvidenceState::Pending;
    for (int i = 0; i < 6; ++i) charge(input, Grade::TrivyHigh, std::to_string(i));
    charge(input, Grade::KyvernoViolation, "r");
    EXPECT_EQ(score(input).raw, 5);
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
    EXPECT_TRUE(score(input).final);
    of(input, Gate::Kyverno) = silent(Gate::Kyverno);
    EXPECT_EQ(score(input).raw, 40);
    EXPECT_EQ(score(input).verdict, Verdict::Deny);
    EXPECT_FALSE(score(input).final);  // with Falco's bonus it would be at the floor
}

// The P2 story: three warnings and no limits; mended, the same workload is admitted.
TEST(Score, MefineStaticComesBackMended) {
    Case input = spotless(Layer::L3);
    for (const char* rule : {"no-limits", "no-readonly", "no-liveness"}) charge(input, Grade::ConftestWarn, rule);
    input.unlimited = {"mefine"};
    const Score before = score(input);
    EXPECT_EQ(before.raw, 105);
    EXPECT_EQ(before.verdict, Verdict::Watch);
    ASSERT_EQ(before.sorries.size(), 4U);
    EXPECT_EQ(before.sorries[0].what, "no resource limits: mefine");
    EXPECT_EQ(before.sorries[0].gives_back_raw, 20);
    EXPECT_EQ(before.sorries[0].gives_back, 0);  // the bonuses hide it
    EXPECT_EQ(score(spotless(Layer::L3)).verdict, Verdict::Admit);
}

// Two gates whose findings weigh nothing are told in the same order whichever testified first.
TEST(Score, WhatIsToldDoesNotDependOnWhoTestifiedFirst) {
    Case input = spotless(Layer::L7);
    of(input, Gate::Kyverno) = with(Gate::Kyverno, {defect(Grade::Waived, "excepted")});
    of(input, Gate::Trivy) = with(Gate::Trivy, {defect(Grade::Recorded, "CVE-2026-1")});
    const auto told = [&input] {
        std::vector<std::string> whats;
        for (const Sorry& sorry : score(input).sorries) whats.push_back(sorry.what);
        return whats;
    };
    const std::vector<std::string> expected = {"kyverno has findings without weight: 1",
                                               "trivy has findings without weight: 1", "the approval is missing"};
    EXPECT_EQ(told(), expected);
    std::reverse(input.testimonies.begin(), input.testimonies.end());
    EXPECT_EQ(told(), expected);
}

TEST(Decimal, HasTwoPlaces) {
    EXPECT_EQ(to_decimal(0), "0.00");
    EXPECT_EQ(to_decimal(5), "0.05");
    EXPECT_EQ(to_decimal(-30), "-0.30");
    EXPECT_EQ(to_decimal(-105), "-1.05");
    EXPECT_EQ(to_decimal(150), "1.50");
}

}  // namespace
}  // namespace helix::trial
