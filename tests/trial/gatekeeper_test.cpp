#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "domain/trial/constraint_match.hpp"
#include "tests/trial/courtroom.hpp"

// The traps of Gatekeeper's audit.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary
using cluster::Operator;

TEST(Gatekeeper, AnAuditThatCoversAndListsNothingIsClean) {
    const Testimony testimony = gatekeeper({constraint()});
    EXPECT_EQ(testimony.state, EvidenceState::Clean);
    EXPECT_EQ(testimony.observed_at, kNow - 10 * kSecond);
    EXPECT_EQ(testimony.refs.size(), 1U);
}

TEST(Gatekeeper, ReplicasCountOnceByNameAndExpansionsWithThem) {
    const Testimony testimony = gatekeeper({violated(
        {violation("Pod", "web-2-bbbbb"), violation("Pod", "web-2-ccccc"), violation("Pod", "web-2-ddddd"),
         violation("Deployment", "web",
                   "[Implied by expand-deployments] you must provide labels: "
                   "{\"owner\"}"),
         violation("Pod", "web-1-aaaaa"), violation("Pod", "web-2-unknown"), violation("Deployment", "webshop")})});
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    ASSERT_EQ(testimony.defects.size(), 1U);
    EXPECT_EQ(testimony.defects[0].grade, Grade::GatekeeperViolation);
    EXPECT_EQ(testimony.defects[0].policy, "K8sRequiredLabels");
    EXPECT_EQ(testimony.defects[0].rule, "pods-need-owner");
    EXPECT_EQ(testimony.defects[0].message, "you must provide labels: {\"owner\"}");
    EXPECT_EQ(testimony.raw, 4);
}

TEST(Gatekeeper, OneConstraintOnTwoContainersIsTwoDefects) {
    const Testimony testimony =
        gatekeeper({violated({violation("Pod", "web-2-bbbbb", "container <web> has no resource limits"),
                              violation("Pod", "web-2-bbbbb", "container <proxy> has no resource limits"),
                              violation("Pod", "web-2-ccccc", "container <web> has no resource limits")})});
    ASSERT_EQ(testimony.defects.size(), 2U);
    EXPECT_EQ(testimony.defects[0].container, "proxy");
    EXPECT_EQ(testimony.defects[1].container, "web");
    EXPECT_EQ(testimony.defects[1].count, 2);
}

// Twenty violations are kept, the first of the alphabet: who is not among them may be among the rest.
TEST(Gatekeeper, ATruncatedListIsNeverClean) {
    Constraint full = constraint();
    for (char letter = 'a'; letter < 'a' + 20; ++letter)
        full.violations.push_back(violation("Pod", std::string(1, letter)));
    full.total_violations = 21;
    EXPECT_EQ(gatekeeper({full}).state, EvidenceState::Truncated);
    full.total_violations = 20;
    EXPECT_EQ(gatekeeper({full}).state, EvidenceState::Clean);
    full.total_violations = 21;
    full.violations[0] = violation("Pod", "web-2-bbbbb");
    EXPECT_EQ(gatekeeper({full}).state, EvidenceState::Violations);
    full.violations[0] = violation("Pod", "a");
    full.match.namespaces = {"other"};  // it does not look at the subject: its list need not be complete
    EXPECT_EQ(gatekeeper({full, constraint("b")}).state, EvidenceState::Clean);
}

TEST(Gatekeeper, ActionsWeighDifferently) {
    const auto graded = [](Enforcement action) {
        Constraint one = violated({violation("Pod", "web-2-bbbbb")});
        one.violations[0].action = action;
        one.audit_action = Enforcement::Warn;
        return gatekeeper({one}).defects.at(0).grade;
    };
    EXPECT_EQ(graded(Enforcement::Deny), Grade::GatekeeperViolation);
    EXPECT_EQ(graded(Enforcement::Warn), Grade::GatekeeperWarn);
    EXPECT_EQ(graded(Enforcement::Dryrun), Grade::Recorded);
    EXPECT_EQ(graded(Enforcement::Other), Grade::Recorded);
    EXPECT_EQ(graded(Enforcement::Scoped), Grade::GatekeeperWarn);
}

TEST(Gatekeeper, ScopedWithoutTheAuditCoversNothing) {
    Constraint scoped = constraint();
    scoped.action = Enforcement::Scoped;
    scoped.audited = false;
    EXPECT_EQ(gatekeeper({scoped}).state, EvidenceState::NotCovering);
}

TEST(Gatekeeper, NoConstraintCoversNothing) {
    EXPECT_EQ(gatekeeper({}).state, EvidenceState::NotCovering);
    EXPECT_EQ(gatekeeper({constraint()}, web(), {"sho*"}).state, EvidenceState::NotCovering);  // exempt by its Config
    EXPECT_EQ(gatekeeper({constraint()}, web(), {"shopping"}).state, EvidenceState::Clean);
}

TEST(Gatekeeper, AnAuditMustBeYoungAndHaveSeenTheRevision) {
    Constraint one = constraint();
    one.audited_at = 0;
    EXPECT_EQ(gatekeeper({one}).state, EvidenceState::Pending);
    one.audited_at = kNow - 121 * kSecond;
    EXPECT_EQ(gatekeeper({one}).state, EvidenceState::Stale);
    one.audited_at = kNow - 120 * kSecond;
    EXPECT_EQ(gatekeeper({one}).state, EvidenceState::Clean);
    Subject young = web();
    young.revision_since = kNow - 5 * kSecond;
    for (SubjectPod& pod : young.pods) pod.first_seen = kNow - 5 * kSecond;
    EXPECT_EQ(gatekeeper({one}, young).state, EvidenceState::Pending);
    one.violations = {violation("Deployment", "web")};  // said of the former template
    one.total_violations = 1;
    EXPECT_TRUE(gatekeeper({one}, young).defects.empty());
}

// The audit began when the revision was there and its pods were not: who looks at pods has seen nothing.
TEST(Gatekeeper, PodsMustHaveBeenThereWhenTheAuditBegan) {
    Subject subject = web();
    for (SubjectPod& pod : subject.pods) pod.first_seen = kNow - 5 * kSecond;
    EXPECT_EQ(gatekeeper({constraint()}, subject).state, EvidenceState::Pending);
    subject.pods[1].first_seen = kNow - kMinute;
    EXPECT_EQ(gatekeeper({constraint()}, subject).state, EvidenceState::Clean);
    subject.pods.clear();
    EXPECT_EQ(gatekeeper({constraint()}, subject).state, EvidenceState::Pending);
    Constraint deployments = constraint();
    deployments.match.kinds = {{{"apps"}, {"Deployment"}}};
    EXPECT_EQ(gatekeeper({deployments}, subject).state, EvidenceState::Clean);
}

TEST(Gatekeeper, AnAuditOfAnotherGenerationOrWithErrorsIsNoWord) {
    Constraint one = constraint();
    one.current = false;
    EXPECT_EQ(gatekeeper({one}).state, EvidenceState::Pending);
    one.current = true;
    one.problem = "template: rego_parse_error";
    EXPECT_EQ(gatekeeper({one}).state, EvidenceState::Partial);
    EXPECT_EQ(gatekeeper({one, constraint("b")}).why, "K8sRequiredLabels/pods-need-owner: template: rego_parse_error");
}

TEST(Gatekeeper, ViolationsStandBesideWhateverIsMissing) {
    Constraint stale = violated({violation("Pod", "web-2-bbbbb")});
    stale.audited_at = kNow - kHour;
    const Testimony testimony = gatekeeper({stale, constraint("b")});
    EXPECT_EQ(testimony.state, EvidenceState::Stale);
    EXPECT_EQ(testimony.defects.size(), 1U);
}

TEST(Gatekeeper, GlobsStandAtEitherEnd) {
    EXPECT_TRUE(glob_matches("shop", "shop"));
    EXPECT_FALSE(glob_matches("shop", "shop2"));
    EXPECT_TRUE(glob_matches("kube-*", "kube-system"));
    EXPECT_FALSE(glob_matches("kube-*", "my-kube-system"));
    EXPECT_TRUE(glob_matches("*-system", "kube-system"));
    EXPECT_FALSE(glob_matches("*-system", "system"));
    EXPECT_TRUE(glob_matches("*ube*", "kube-system"));
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_FALSE(glob_matches("", "shop"));
}

struct MatchRow {
    const char* what;
    std::function<void(ConstraintMatch&)> change;
    bool covered;
};

class Matches : public ::testing::TestWithParam<MatchRow> {};

TEST_P(Matches, DecideWhetherItIsCovered) {
    Constraint one = constraint();
    GetParam().change(one.match);
    EXPECT_EQ(gatekeeper({one}).state, GetParam().covered ? EvidenceState::Clean : EvidenceState::NotCovering);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Matches,
    ::testing::Values(MatchRow{"no kinds", [](auto& m) { m.kinds.clear(); }, true},
                      MatchRow{"all kinds",
                               [](auto& m) {
                                   m.kinds = {{{"*"}, {"*"}}};
                               },
                               true},
                      MatchRow{"of two",
                               [](auto& m) {
                                   m.kinds = {{{""}, {"Service"}}, {{"apps"}, {"ReplicaSet"}}};
                               },
                               true},
                      MatchRow{"kind of another group",
                               [](auto& m) {
                                   m.kinds = {{{"apps"}, {"Pod"}}};
                               },
                               false},
                      MatchRow{"another kind",
                               [](auto& m) {
                                   m.kinds = {{{"apps"}, {"StatefulSet"}}};
                               },
                               false},
                      MatchRow{"namespace",
                               [](auto& m) {
                                   m.namespaces = {"other", "sh*"};
                               },
                               true},
                      MatchRow{"other namespace", [](auto& m) { m.namespaces = {"other"}; }, false},
                      MatchRow{"excluded", [](auto& m) { m.excluded_namespaces = {"*op"}; }, false},
                      MatchRow{"excluded others", [](auto& m) { m.excluded_namespaces = {"kube-*"}; }, true},
                      MatchRow{"name", [](auto& m) { m.name = "web-2-*"; }, true},
                      MatchRow{"other name", [](auto& m) { m.name = "web-3-*"; }, false},
                      MatchRow{"namespaced", [](auto& m) { m.scope = "Namespaced"; }, true},
                      MatchRow{"any scope", [](auto& m) { m.scope = "*"; }, true},
                      MatchRow{"cluster", [](auto& m) { m.scope = "Cluster"; }, false},
                      MatchRow{"generated", [](auto& m) { m.source = "Generated"; }, false},
                      MatchRow{"original", [](auto& m) { m.source = "Original"; }, true},
                      MatchRow{"label",
                               [](auto& m) {
                                   m.labels = {{"tier", Operator::In, {"front"}, false}};
                               },
                               true},
                      MatchRow{"other label",
                               [](auto& m) {
                                   m.labels = {{"tier", Operator::In, {"back"}, false}};
                               },
                               false},
                      MatchRow{"absent label",
                               [](auto& m) {
                                   m.labels = {{"gpu", Operator::NotIn, {"yes"}, false}};
                               },
                               true},
                      MatchRow{"no such label",
                               [](auto& m) {
                                   m.labels = {{"tier", Operator::DoesNotExist, {}, false}};
                               },
                               false},
                      MatchRow{"namespace label",
                               [](auto& m) {
                                   m.namespace_labels = {{"team", Operator::Exists, {}, false}};
                               },
                               true},
                      MatchRow{"other team",
                               [](auto& m) {
                                   m.namespace_labels = {{"team", Operator::In, {"red"}, false}};
                               },
                               false}),
    [](const auto& row) {
        std::string name = row.param.what;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

}  // namespace
}  // namespace helix::trial
