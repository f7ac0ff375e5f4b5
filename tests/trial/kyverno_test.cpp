#include <gtest/gtest.h>

#include "tests/trial/courtroom.hpp"

// The traps of policy reports: each is something that a reader who trusts them gets wrong.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

std::vector<PolicyReport> each(Outcome outcome, const std::string& pod_rule = "check-tag") {
    std::vector<PolicyReport> reports;
    for (const About& one : everything())
        reports.push_back(report({result(outcome, one, one.kind == "Pod" ? pod_rule : "autogen-" + pod_rule)}));
    return reports;
}

TEST(Kyverno, PassesAreClean) {
    const Testimony testimony = kyverno(each(Outcome::Pass));
    EXPECT_EQ(testimony.state, EvidenceState::Clean);
    EXPECT_TRUE(testimony.why.empty());
    EXPECT_EQ(testimony.observed_at, kNow - kMinute);
    EXPECT_EQ(testimony.refs.size(), Defect::kRefsMax);
}

// One defect on Deployment, ReplicaSet and three pods is one defect: replicas must not cost warmth.
TEST(Kyverno, ReplicasCountOnce) {
    const Testimony testimony = kyverno(each(Outcome::Fail));
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    ASSERT_EQ(testimony.defects.size(), 1U);
    EXPECT_EQ(testimony.defects[0].grade, Grade::KyvernoViolation);
    EXPECT_EQ(testimony.defects[0].policy, "disallow-latest");
    EXPECT_EQ(testimony.defects[0].rule, "check-tag");
    EXPECT_EQ(testimony.defects[0].count, 5);
    EXPECT_EQ(testimony.raw, 5);
}

TEST(Kyverno, AutogenNamesThatWereCutAreTheSameRule) {
    const std::string rule(60, 'r');
    std::vector<PolicyReport> reports = {
        report({result(Outcome::Fail, about("Pod", "web-2-bbbbb"), rule)}),
        report({result(Outcome::Fail, about("Deployment", "web"), ("autogen-" + rule).substr(0, 63))}),
        report({result(Outcome::Fail, about("ReplicaSet", "web-2"), ("autogen-cronjob-" + rule).substr(0, 63))})};
    const Testimony testimony = kyverno(reports);
    ASSERT_EQ(testimony.defects.size(), 1U);
    EXPECT_EQ(testimony.defects[0].rule, rule);
    EXPECT_EQ(testimony.raw, 3);
}

TEST(Kyverno, BothReportApisSayTheSameOnce) {
    std::vector<PolicyReport> reports = each(Outcome::Fail);
    for (PolicyReport copy : each(Outcome::Fail)) {
        copy.openreports = true;
        copy.ref.kind = "Report";
        reports.push_back(copy);
    }
    EXPECT_EQ(kyverno(reports).raw, 5);
}

// Where the two disagree, the newer one holds.
TEST(Kyverno, TheNewerResultHolds) {
    const About subject = about("Deployment", "web");
    PolicyReport old = report({result(Outcome::Fail, subject, "r", kNow - kHour)});
    PolicyReport fresh = report({result(Outcome::Pass, subject, "r", kNow - kMinute)});
    fresh.openreports = true;
    EXPECT_EQ(kyverno({old, fresh}).state, EvidenceState::Clean);
    EXPECT_EQ(kyverno({fresh, old}).state, EvidenceState::Clean);
}

TEST(Kyverno, FormerRevisionsNamesakesAndOthersAreNotHeard) {
    const std::vector<PolicyReport> reports = {
        report({result(Outcome::Fail, about("ReplicaSet", "web-1"))}),
        report({result(Outcome::Fail, about("Pod", "web-1-aaaaa"))}),
        report({result(Outcome::Fail, {"Deployment", "shop", "web", "uid-of-a-former-web"})}),
        report({result(Outcome::Fail, {"Deployment", "other", "web", ""})}),
        report({result(Outcome::Pass, about("Pod", "web-2-bbbbb"))})};
    EXPECT_EQ(kyverno(reports).state, EvidenceState::Clean);
}

TEST(Kyverno, ReportsWithoutUidJoinByName) {
    const std::vector<PolicyReport> reports = {report({result(Outcome::Fail, {"Pod", "shop", "web-2-bbbbb", ""})})};
    EXPECT_EQ(kyverno(reports).defects.size(), 1U);
}

// The Deployment keeps name and UID: what was said of its former template is neither for nor against the new one.
TEST(Kyverno, WhatWasSaidOfTheFormerTemplateIsNotHeard) {
    const About subject = about("Deployment", "web");
    Subject young = web();
    young.revision_since = kNow - 10 * kSecond;
    EXPECT_EQ(kyverno({report({result(Outcome::Fail, subject)})}, young).state, EvidenceState::Pending);
    EXPECT_EQ(kyverno({report({result(Outcome::Pass, subject)})}, young).state, EvidenceState::Pending);
    // its admission comes just before the ReplicaSet that it leads to
    PolicyResult admitted = result(Outcome::Pass, subject, "r", young.revision_since - kSecond);
    admitted.process = "admission review";
    EXPECT_EQ(kyverno({report({admitted})}, young).state, EvidenceState::Clean);
}

TEST(Kyverno, NoReportMayMeanNotYetOrNoPolicy) {
    Subject young = web();
    young.revision_since = kNow - kHour;
    EXPECT_EQ(kyverno({}, young).state, EvidenceState::Pending);
    EXPECT_EQ(kyverno({}).state, EvidenceState::NotCovering);  // three hours without any: nobody looks at it
}

TEST(Kyverno, ScansThatCeasedAreStaleAndAdmissionsAreNot) {
    PolicyResult old = result(Outcome::Pass, about("Pod", "web-2-bbbbb"), "r", kNow - 2 * kHour - kSecond);
    EXPECT_EQ(kyverno({report({old})}).state, EvidenceState::Stale);
    old.process = "admission review";
    EXPECT_EQ(kyverno({report({old})}).state, EvidenceState::Clean);
    PolicyResult scanned = result(Outcome::Pass, about("Pod", "web-2-bbbbb"), "s", kNow - 2 * kHour - kSecond);
    EXPECT_EQ(kyverno({report({old, scanned})}).state, EvidenceState::Stale);  // an admission does not prove the scans
}

// A result that stopped matching is never removed: beside fresh ones it is a leftover.
TEST(Kyverno, LeftoversOfRulesThatNoLongerMatchAreNotHeard) {
    const About subject = about("Pod", "web-2-bbbbb");
    const std::vector<PolicyReport> reports = {
        report({result(Outcome::Pass, subject, "r"), result(Outcome::Fail, subject, "s", kNow - 20 * kHour)})};
    EXPECT_EQ(kyverno(reports).state, EvidenceState::Clean);
    const Window longer{kNow - 24 * kHour, kNow};  // but what was so within the trial's time remains
    Subject old = web();
    old.revision_since = longer.from;
    EXPECT_EQ(kyverno(reports, old, longer).defects.size(), 1U);
}

TEST(Kyverno, AViolationStandsWhenScansCease) {
    const std::vector<PolicyReport> reports = {
        report({result(Outcome::Fail, about("Pod", "web-2-bbbbb"), "r", kNow - 20 * kHour)})};
    EXPECT_EQ(kyverno(reports).state, EvidenceState::Stale);
    EXPECT_EQ(kyverno(reports).defects.size(), 1U);
}

TEST(Kyverno, AnExceptionIsAWaiverAndNoPass) {
    PolicyResult waived = result(Outcome::Skip, about("Pod", "web-2-bbbbb"));
    waived.exception = "let-web-be";
    const Testimony testimony = kyverno({report({waived})});
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    ASSERT_EQ(testimony.defects.size(), 1U);
    EXPECT_EQ(testimony.defects[0].grade, Grade::Waived);
    EXPECT_EQ(testimony.defects[0].message, "exception let-web-be");
    waived.exception.clear();  // skipped because it does not concern the subject
    EXPECT_EQ(kyverno({report({waived})}).state, EvidenceState::NotCovering);
}

TEST(Kyverno, AnErrorLeavesItPartial) {
    const About subject = about("Pod", "web-2-bbbbb");
    const Testimony testimony =
        kyverno({report({result(Outcome::Error, subject, "r"), result(Outcome::Fail, subject, "s")})});
    EXPECT_EQ(testimony.state, EvidenceState::Partial);
    EXPECT_EQ(testimony.why, "rule r could not be evaluated");
    EXPECT_EQ(testimony.defects.size(), 1U);
}

TEST(Kyverno, AnUnscoredFailureIsRecorded) {
    const Testimony testimony = kyverno({report({result(Outcome::Warn, about("Pod", "web-2-bbbbb"))})});
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    EXPECT_EQ(testimony.defects.at(0).grade, Grade::Recorded);
}

// A report whose status filter drops passes proves nothing by its silence.
TEST(Kyverno, SilenceOfAFilteredReportProvesNothing) {
    PolicyReport filtered = report({result(Outcome::Fail, about("Pod", "of-another"))});
    filtered.passes_kept = false;
    EXPECT_EQ(kyverno({filtered}).state, EvidenceState::Partial);
}

TEST(Kyverno, OnlyKyvernosWordCounts) {
    for (const char* source : {"Falco", "Trivy Vulnerability", "trendal", "", "kyvern", "kyverno2"}) {
        PolicyResult foreign = result(Outcome::Fail, about("Pod", "web-2-bbbbb"));
        foreign.source = source;
        EXPECT_TRUE(kyverno({report({foreign})}).defects.empty()) << source;
    }
    for (const char* source : {"kyverno", "Kyverno", "KyvernoValidatingPolicy", "KyvernoImageValidatingPolicy",
                               "ValidatingPolicy", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"}) {
        PolicyResult own = result(Outcome::Fail, about("Pod", "web-2-bbbbb"));
        own.source = source;
        EXPECT_EQ(kyverno({report({own})}).defects.size(), 1U) << source;
    }
}

TEST(Kyverno, AReportThatCannotBeReadIsAStateAndNoSilence) {
    const PolicyReport clean = report({result(Outcome::Pass, about("Pod", "web-2-bbbbb"))});
    PolicyReport broken;
    broken.ref = {"PolicyReport", "shop", "cpol-disallow-latest", "uid-broken", "1"};
    broken.problem = "results: is no list";
    EXPECT_EQ(kyverno({clean, broken}).state, EvidenceState::Unreadable);
    broken.ref.name = "03f829a9-d849-418a-9b10-e7db3e041b1e";  // named by the UID of somebody else
    EXPECT_EQ(kyverno({clean, broken}).state, EvidenceState::Clean);
    broken.ref.name = "cpol-disallow-latest";
    broken.ref.ns = "other";
    EXPECT_EQ(kyverno({clean, broken}).state, EvidenceState::Clean);
}

TEST(Kyverno, TheStandingOfItsApiComesFirst) {
    const auto with = [](Standing standing, const Subject& subject) {
        return kyverno_testimony({}, standing, subject, kWindow, {});
    };
    EXPECT_EQ(with({Standing::Served::No, {}}, web()).state, EvidenceState::NotInstalled);
    EXPECT_EQ(with({Standing::Served::Unread, "403 Forbidden"}, web()).state, EvidenceState::Unreadable);
    EXPECT_EQ(with({Standing::Served::Unread, "403 Forbidden"}, web()).why, "403 Forbidden");
    EXPECT_EQ(with({Standing::Served::Listing, {}}, web()).state, EvidenceState::Pending);
    EXPECT_EQ(with(kServed, {}).state, EvidenceState::Pending);
}

}  // namespace
}  // namespace helix::trial
