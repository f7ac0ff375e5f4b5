#include "domain/trial/journal.hpp"

#include <gtest/gtest.h>

#include "tests/trial/cases.hpp"

namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

Testimony counted(std::int64_t count, Grade grade = Grade::FalcoLow) {
    Testimony testimony = with(Gate::Falco, {defect(grade, "shell", "web")});
    testimony.defects[0].count = count;
    return testimony;
}

// Kyverno keeps no history: a violation that is repaired, or whose pod is gone, vanishes from its report.
TEST(Journal, WhatVanishedIsStillHeldAgainstTheSubject) {
    Journal journal;
    EXPECT_EQ(journal.note(with(Gate::Kyverno, {defect(Grade::KyvernoViolation, "r")})).size(), 1U);
    const Testimony now = journal.complete(silent(Gate::Kyverno));
    EXPECT_EQ(now.state, EvidenceState::Violations);
    ASSERT_EQ(now.defects.size(), 1U);
    EXPECT_EQ(now.raw, 1);
    EXPECT_EQ(journal.complete(silent(Gate::Trivy)).state, EvidenceState::Clean);  // each gate for itself
    EXPECT_EQ(journal.size(), 1U);
}

// Trivy's report ran out at hour 24: its word is pending, and what it last said stands.
TEST(Journal, APendingGateKeepsItsLastKnownDefects) {
    Journal journal;
    (void)journal.note(with(Gate::Trivy, {defect(Grade::TrivyHigh, "CVE-1", "web")}));
    const Testimony gap = journal.complete(silent(Gate::Trivy, EvidenceState::Pending));
    EXPECT_EQ(gap.state, EvidenceState::Pending);
    EXPECT_EQ(gap.defects.size(), 1U);
}

TEST(Journal, RecordsWhatIsNewGraverOrTwiceAsMuch) {
    Journal journal;
    EXPECT_EQ(journal.note(counted(1)).size(), 1U);
    EXPECT_EQ(journal.note(counted(1)).size(), 0U);
    EXPECT_EQ(journal.note(counted(2)).size(), 1U);
    EXPECT_EQ(journal.note(counted(3)).size(), 0U);
    EXPECT_EQ(journal.note(counted(4)).at(0).defect.count, 4);
    EXPECT_EQ(journal.note(counted(1, Grade::FalcoHigh)).at(0).defect.grade, Grade::FalcoHigh);
    EXPECT_EQ(journal.note(counted(1, Grade::FalcoLow)).size(), 0U);
    EXPECT_EQ(journal.complete(silent(Gate::Falco)).defects.at(0).count, 4);
}

TEST(Journal, GoesOnWhereItWasRestored) {
    Journal journal;
    journal.restore({Gate::Falco, counted(8).defects[0]});
    EXPECT_EQ(journal.note(counted(3)).size(), 0U);
    EXPECT_EQ(journal.note(counted(15)).size(), 0U);
    EXPECT_EQ(journal.note(counted(16)).size(), 1U);
    EXPECT_EQ(journal.complete(counted(1)).defects.at(0).count, 16);
}

}  // namespace
}  // namespace helix::trial
