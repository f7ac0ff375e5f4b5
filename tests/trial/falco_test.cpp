#include <gtest/gtest.h>

#include "tests/trial/courtroom.hpp"

// The traps of Falco's alerts, and of what falcosidekick makes of them.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

TEST(Falco, SilenceOfAWatcherIsClean) {
    EXPECT_EQ(falco({}).state, EvidenceState::Clean);
}

TEST(Falco, PrioritiesBecomeGrades) {
    const auto graded = [](FalcoPriority priority) { return falco({alert(priority)}).defects.at(0).grade; };
    for (const FalcoPriority priority : {FalcoPriority::Emergency, FalcoPriority::Alert, FalcoPriority::Critical})
        EXPECT_EQ(graded(priority), Grade::FalcoCritical);
    EXPECT_EQ(graded(FalcoPriority::Error), Grade::FalcoHigh);
    EXPECT_EQ(graded(FalcoPriority::Warning), Grade::FalcoMedium);
    EXPECT_EQ(graded(FalcoPriority::Notice), Grade::FalcoLow);
    for (const FalcoPriority priority : {FalcoPriority::Informational, FalcoPriority::Debug})
        EXPECT_EQ(graded(priority), Grade::Recorded);
}

// Eleven notices of one rule would deny at L2 if each weighed.
TEST(Falco, WeighsOnceARuleAndContainer) {
    std::vector<FalcoAlert> alerts;
    for (int i = 0; i < 11; ++i)
        alerts.push_back(alert(FalcoPriority::Notice, "Read sensitive file", kNow - i * kSecond));
    alerts.push_back(alerts.front());  // one that came twice
    FalcoAlert other = alerts.front();
    other.container_id = "web-2-ccccc-proxy-0123";
    alerts.push_back(other);
    const Testimony testimony = falco(alerts);
    ASSERT_EQ(testimony.defects.size(), 2U);
    EXPECT_EQ(testimony.defects[0].container, "proxy");
    EXPECT_EQ(testimony.defects[1].container, "web");
    EXPECT_EQ(testimony.defects[1].count, 11);
    EXPECT_EQ(testimony.defects[1].first_at, kNow - 10 * kSecond);
    EXPECT_EQ(testimony.defects[1].last_at, kNow);
    EXPECT_EQ(testimony.raw, 12);
    other.count = 500;  // stands for many alike
    EXPECT_EQ(falco({other}).defects.at(0).count, 500);
}

TEST(Falco, OneEventByTwoWaysIsOne) {
    FalcoAlert sidekick = alert(FalcoPriority::Warning);
    sidekick.uuid = "4c1b";
    sidekick.source = "syscalls";
    EXPECT_EQ(falco({alert(FalcoPriority::Warning), sidekick}).raw, 1);
}

TEST(Falco, AttributesByUidThenContainerThenName) {
    FalcoAlert one = alert(FalcoPriority::Notice);
    EXPECT_TRUE(is_about(one, web()));
    one.container_id = "<NA>";
    EXPECT_TRUE(is_about(one, web()));  // by name
    one.ns = "other";
    EXPECT_FALSE(is_about(one, web()));
    one.ns.clear();
    one.pod.clear();
    EXPECT_FALSE(is_about(one, web()));
    one.container_id = "web-2-ddddd-proxy-01";  // a beginning of the full ID is what Falco gives
    EXPECT_TRUE(is_about(one, web()));
    one.container_id = "web-2-ddddd";  // too short to tell
    EXPECT_FALSE(is_about(one, web()));
    one.pod_uid = "uid-web-2-ddddd";
    EXPECT_TRUE(is_about(one, web()));
    one.pod_uid = "uid-of-another";
    one.ns = "shop";
    one.pod = "web-2-ddddd";
    EXPECT_FALSE(is_about(one, web()));  // a namesake
    EXPECT_FALSE(is_about(alert(FalcoPriority::Notice), {}));
}

TEST(Falco, DeadPodsOfTheRevisionCountAndThoseOfFormerOnesDoNot) {
    Subject subject = web();
    subject.pods[1].alive = false;
    EXPECT_TRUE(is_about(alert(FalcoPriority::Notice), subject));
    FalcoAlert former = alert(FalcoPriority::Notice);
    former.pod = "web-1-aaaaa";
    former.container_id.clear();
    EXPECT_FALSE(is_about(former, subject));
}

// A StatefulSet's pods keep their names through revisions: the time tells which one it was.
TEST(Falco, PodsOfOneNameAreToldApartByTime) {
    Subject subject = web();
    SubjectPod before = pod("web-0", false);
    SubjectPod after = pod("web-0");
    after.uid = "uid-web-0-new";
    before.containers.clear();
    after.containers.clear();
    subject.pods = {before, after};
    FalcoAlert one = alert(FalcoPriority::Notice);
    one.pod = "web-0";
    one.container_id.clear();
    EXPECT_TRUE(is_about(one, subject));
    one.at = kRevision - kMinute;
    EXPECT_FALSE(is_about(one, subject));
}

TEST(Falco, AlertsFromBeforeTheTrialDoNotCount) {
    FalcoAlert early = alert(FalcoPriority::Critical);
    early.at = kRevision - kSecond;
    EXPECT_EQ(falco({early}).state, EvidenceState::Clean);
    early.at = 0;  // it does not say when: then the time of its arrival
    EXPECT_EQ(falco({early}).defects.size(), 1U);
}

TEST(Falco, ItsOwnTroubleLeavesItPartialAndWeighsNothing) {
    const Testimony testimony = falco({}, {alert(FalcoPriority::Debug, "Falco internal: syscall event drop")});
    EXPECT_EQ(testimony.state, EvidenceState::Partial);
    EXPECT_EQ(testimony.why, "Falco internal: syscall event drop");
    EXPECT_TRUE(testimony.defects.empty());
    EXPECT_EQ(falco({alert(FalcoPriority::Critical, "Falco internal: timeouts notification")}).defects.size(), 0U);
    const Testimony alive = falco({}, {alert(FalcoPriority::Informational, "Falco internal: metrics snapshot")});
    EXPECT_EQ(alive.state, EvidenceState::Clean);
    EXPECT_EQ(alive.observed_at, kNow - kMinute);
    EXPECT_EQ(falco({}, {alert(FalcoPriority::Debug, "Falco internal: syscall event drop", kRevision - kHour)}).state,
              EvidenceState::Clean);
}

TEST(Falco, AnAlertThatIsNobodysLeavesItPartial) {
    EXPECT_EQ(falco({}, {alert(FalcoPriority::Critical)}).state, EvidenceState::Partial);
}

TEST(Falco, EveryNodeMustBeWatchedAllTheTime) {
    FalcoStanding elsewhere = watching();
    elsewhere.ready_nodes = {"node-2"};
    EXPECT_EQ(falco({}, {}, elsewhere).state, EvidenceState::Partial);
    FalcoStanding gap = watching();
    gap.gaps = {"node-1"};
    EXPECT_EQ(falco({}, {}, gap).why, "Falco did not watch node node-1 all the time");
    gap.gaps = {"node-9"};
    EXPECT_EQ(falco({}, {}, gap).state, EvidenceState::Clean);
}

TEST(Falco, BeforeAPodHasRunItHasSeenNothing) {
    Subject subject = web();
    subject.pods.clear();
    EXPECT_EQ(falco({}, {}, watching(), subject).state, EvidenceState::Pending);
    SubjectPod unscheduled = pod("web-2-eeeee");
    unscheduled.node.clear();
    subject.pods = {unscheduled};
    EXPECT_EQ(falco({}, {}, watching(), subject).state, EvidenceState::Pending);
}

TEST(Falco, NotInstalledOrNotToBeRead) {
    EXPECT_EQ(falco({}, {}, {}).state, EvidenceState::NotInstalled);
    EXPECT_EQ(falco({alert(FalcoPriority::Critical)}, {}, {}).state, EvidenceState::Partial);
    FalcoStanding forbidden = watching();
    forbidden.problem = "403 Forbidden";
    EXPECT_EQ(falco({}, {}, forbidden).state, EvidenceState::Unreadable);
}

// falcosidekick keeps the last thousand results of a namespace: a noisy neighbour pushes the subject's out.
TEST(Falco, AFullReportIsTruncated) {
    FalcoStanding full = watching();
    full.report_results = 999;
    EXPECT_EQ(falco({}, {}, full).state, EvidenceState::Clean);
    full.report_results = 1000;
    EXPECT_EQ(falco({}, {}, full).state, EvidenceState::Truncated);
}

// It writes the second within the minute where the seconds since 1970 belong.
TEST(FalcoReports, TheirTimeIsNotBelieved) {
    PolicyReport sidekick = report({result(Outcome::Fail, about("Pod", "web-2-bbbbb"))});
    PolicyResult& one = sidekick.results[0];
    one.source = "Falco";
    one.policy = "syscall";
    one.rule = "Terminal shell in container";
    one.severity = "critical";
    one.at = 59 * kSecond;
    one.container_id = "web-2-bbbbb-web-0123";
    std::vector<FalcoAlert> alerts = falco_alerts_of(sidekick);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0].at, 0);
    EXPECT_TRUE(is_about(alerts[0], web()));
    EXPECT_EQ(falco(alerts).defects.at(0).grade, Grade::FalcoCritical);
    EXPECT_EQ(falco(alerts).defects.at(0).container, "web");
    one.at = kNow;  // from the event's own property
    EXPECT_EQ(falco_alerts_of(sidekick).at(0).at, kNow);
    one.source = "kyverno";
    EXPECT_TRUE(falco_alerts_of(sidekick).empty());
}

TEST(FalcoReports, SeveritiesArePriorities) {
    const auto read = [](Outcome outcome, const char* severity) {
        PolicyReport sidekick = report({result(outcome, about("Pod", "web-2-bbbbb"))});
        sidekick.results[0].source = "Falco";
        sidekick.results[0].severity = severity;
        return falco_alerts_of(sidekick).at(0).priority;
    };
    EXPECT_EQ(read(Outcome::Fail, "critical"), FalcoPriority::Critical);
    EXPECT_EQ(read(Outcome::Fail, "high"), FalcoPriority::Error);
    EXPECT_EQ(read(Outcome::Warn, "medium"), FalcoPriority::Warning);
    EXPECT_EQ(read(Outcome::Skip, "low"), FalcoPriority::Notice);
    EXPECT_EQ(read(Outcome::Skip, "info"), FalcoPriority::Informational);
    EXPECT_EQ(read(Outcome::Fail, ""), FalcoPriority::Critical);
    EXPECT_EQ(read(Outcome::Warn, ""), FalcoPriority::Warning);
    EXPECT_EQ(read(Outcome::Skip, ""), FalcoPriority::Notice);
}

}  // namespace
}  // namespace helix::trial
