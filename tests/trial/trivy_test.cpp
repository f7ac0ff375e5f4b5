#include <gtest/gtest.h>

#include "tests/trial/courtroom.hpp"

// The traps of the Trivy operator's reports.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

const Vulnerability kCritical{"CVE-2024-3094", "CRITICAL", "xz-utils", "5.6.2"};
const Vulnerability kHigh{"CVE-2023-4911", "HIGH", "libc6", ""};

TEST(Trivy, AReportOnEveryContainerIsClean) {
    const Testimony testimony = trivy({image("web"), image("proxy")});
    EXPECT_EQ(testimony.state, EvidenceState::Clean);
    EXPECT_EQ(testimony.observed_at, kNow - kHour);
    EXPECT_EQ(testimony.refs.size(), 3U) << "the settings, too";
}

TEST(Trivy, VulnerabilitiesCountOnceAContainerHoweverManyPackagesCarryThem) {
    Vulnerability again = kHigh;
    again.resource = "libc-bin";
    again.fixed_in = "2.36-9";
    const Testimony testimony = trivy({image("web", {kCritical, kHigh, again}), image("proxy", {kHigh})});
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    ASSERT_EQ(testimony.defects.size(), 3U);
    EXPECT_EQ(testimony.raw, 4);
    EXPECT_EQ(testimony.defects[0].rule, "CVE-2023-4911");
    EXPECT_EQ(testimony.defects[0].container, "proxy");
    EXPECT_EQ(testimony.defects[0].message, "libc6: no fix yet");
    EXPECT_EQ(testimony.defects[1].container, "web");
    EXPECT_EQ(testimony.defects[1].count, 2);
    EXPECT_EQ(testimony.defects[1].grade, Grade::TrivyHigh);
    EXPECT_EQ(testimony.defects[2].grade, Grade::TrivyCritical);
    EXPECT_EQ(testimony.defects[2].message, "xz-utils: fixed in 5.6.2");
}

TEST(Trivy, LowerOnesAreRecordedAndNotClean) {
    ImageReport report = image("web");
    report.lower = 12;
    const Testimony testimony = trivy({report, image("proxy")});
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    EXPECT_EQ(testimony.defects.at(0).grade, Grade::Recorded);
    EXPECT_EQ(testimony.raw, 12);
}

TEST(Trivy, ASummaryIsBelievedWhereTheListSaysLess) {
    ImageReport report = image("web");
    report.critical = 3;
    const Testimony testimony = trivy({report, image("proxy")});
    EXPECT_EQ(testimony.defects.at(0).grade, Grade::TrivyCritical);
    EXPECT_EQ(testimony.raw, 3);
}

// The operator does not delete the reports of a ReplicaSet that was at zero already.
TEST(Trivy, OnlyTheCurrentReplicaSetsReportsCount) {
    std::vector<ImageReport> reports = {image("web", {kCritical}), image("proxy")};
    reports[0].owner = about("ReplicaSet", "web-1");
    EXPECT_EQ(trivy(reports).state, EvidenceState::Partial);
    EXPECT_TRUE(trivy(reports).defects.empty());
    reports[0].owner = about("ReplicaSet", "web-2");
    reports[0].superseded = true;
    EXPECT_EQ(trivy(reports).state, EvidenceState::Partial);
    reports[0].superseded = false;
    reports[0].owner = {"ReplicaSet", "shop", "web-2", ""};
    EXPECT_EQ(trivy(reports).defects.size(), 1U);
}

// After its time to live a report is deleted and made anew: the gap is no clean bill.
TEST(Trivy, NoReportIsPending) {
    EXPECT_EQ(trivy({}).state, EvidenceState::Pending);
}

TEST(Trivy, EveryContainerThatRunsNeedsAReport) {
    const Testimony testimony = trivy({image("web", {kHigh})});
    EXPECT_EQ(testimony.state, EvidenceState::Partial);
    EXPECT_EQ(testimony.why, "no report on the image that runs as container proxy");
    EXPECT_EQ(testimony.defects.size(), 1U);
    Subject injected = web();
    injected.pods[1].containers.push_back({"istio-proxy", "", ""});
    EXPECT_EQ(trivy({image("web"), image("proxy")}, injected).state, EvidenceState::Partial);
    injected.pods[1].alive = false;
    EXPECT_EQ(trivy({image("web"), image("proxy")}, injected).state, EvidenceState::Clean);
}

TEST(Trivy, AMovedTagIsAnotherImage) {
    ImageReport report = image("web", {kCritical});
    report.digest = digest('b');
    EXPECT_EQ(trivy({report, image("proxy")}).state, EvidenceState::Partial);
    EXPECT_TRUE(trivy({report, image("proxy")}).defects.empty());
    report.digest.clear();  // it does not say
    EXPECT_EQ(trivy({report, image("proxy")}).state, EvidenceState::Violations);
    Subject two_images = web();
    two_images.pods[1].containers[0].image_id = "docker.io/shop/web@" + digest('b');
    EXPECT_EQ(trivy({image("web"), image("proxy")}, two_images).state, EvidenceState::Partial);
    for (SubjectPod& pod : two_images.pods) pod.containers[0].image_id = digest('c');  // an image's ID, no digest
    EXPECT_EQ(trivy({image("web"), image("proxy")}, two_images).state, EvidenceState::Clean);
}

// A StatefulSet's reports belong to the set, whatever its revision: the image or the time tells.
TEST(Trivy, AStatefulSetsReportMustBeOfThisRevision) {
    Subject subject = web();
    subject.kind = "StatefulSet";
    subject.replica_sets.clear();
    subject.containers.pop_back();
    subject.pods.clear();
    ImageReport report = image("web");
    report.owner = about("StatefulSet", "web");
    EXPECT_EQ(trivy({report}, subject).state, EvidenceState::Clean);
    report.updated_at = kRevision - kHour;
    EXPECT_EQ(trivy({report}, subject).state, EvidenceState::Pending);
    SubjectPod running = pod("web-0");
    running.containers.pop_back();
    subject.pods = {running};
    EXPECT_EQ(trivy({report}, subject).state, EvidenceState::Clean);
}

TEST(Trivy, TheNewestReportOnAContainerHolds) {
    ImageReport old = image("web", {kCritical});
    old.updated_at = kNow - 2 * kHour;
    EXPECT_EQ(trivy({image("web"), old, image("proxy")}).state, EvidenceState::Clean);
    EXPECT_EQ(trivy({old, image("web"), image("proxy")}).state, EvidenceState::Clean);
}

TEST(Trivy, OldReportsAreStaleAndFilteredScansPartial) {
    ImageReport old = image("web", {kHigh});
    old.updated_at = kNow - 49 * kHour;
    EXPECT_EQ(trivy({old, image("proxy")}).state, EvidenceState::Stale);
    EXPECT_EQ(trivy({old, image("proxy")}).defects.size(), 1U);
}

TEST(Trivy, WhatScansLeaveOutIsNotClean) {
    const auto with = [](const ScanScope& scope) { return trivy({image("web"), image("proxy")}, web(), scope); };
    ScanSettings settings = scan_settings();
    EXPECT_EQ(with({{settings}, {}}).state, EvidenceState::Clean);
    EXPECT_EQ(with({{settings}, {}}).refs.front().kind, "ConfigMap");
    EXPECT_EQ(with({{}, {}}).state, EvidenceState::Partial) << "nobody knows";
    const Testimony forbidden = with({{}, "forbidden"});
    EXPECT_EQ(forbidden.state, EvidenceState::Partial);
    EXPECT_NE(forbidden.why.find("forbidden"), std::string::npos);
    settings.leaves_out_unfixed = true;
    EXPECT_EQ(with({{settings}, {}}).state, EvidenceState::Partial);
    ScanSettings grave = scan_settings();
    grave.leaves_out_grave = true;
    const Testimony both = with({{settings, grave, scan_settings()}, {}});
    EXPECT_EQ(both.state, EvidenceState::Partial) << "one of several operators";
    EXPECT_NE(both.why.find("critical or high"), std::string::npos) << "the graver one is told";
    ScanSettings broken = scan_settings();
    broken.problem = "data: is no object";
    EXPECT_EQ(with({{broken}, {}}).state, EvidenceState::Partial);
    EXPECT_EQ(trivy({image("web", {kHigh}), image("proxy")}, web(), {{}, {}}).defects.size(), 1U)
        << "what was found counts all the same";
}

TEST(Trivy, AReportThatCannotBeReadMayBeTheMissingOne) {
    ImageReport broken;
    broken.ref = {"VulnerabilityReport", "shop", "replicaset-web-2-proxy", "uid-broken", "1"};
    broken.problem = "report.summary: is no object";
    EXPECT_EQ(trivy({image("web"), broken}).state, EvidenceState::Unreadable);
    EXPECT_EQ(trivy({image("web"), image("proxy"), broken}).state, EvidenceState::Clean);
    broken.ref.ns = "other";
    EXPECT_EQ(trivy({image("web"), broken}).state, EvidenceState::Partial);
}

}  // namespace
}  // namespace helix::trial
