#include <gtest/gtest.h>

#include "tests/trial/courtroom.hpp"

namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary
using Kind = ManifestFinding::Kind;

ManifestCheck check(std::int64_t successes, std::vector<ManifestFinding> findings = {}) {
    ManifestCheck check;
    check.generation = 7;
    check.at = kNow;
    check.successes = successes;
    check.findings = std::move(findings);
    return check;
}

TEST(Conftest, SuccessesAloneAreClean) {
    const ManifestCheck passed = check(13);
    EXPECT_EQ(conftest_testimony(&passed, web()).state, EvidenceState::Clean);
    EXPECT_EQ(conftest_testimony(&passed, web()).observed_at, kNow);
}

// A wrong namespace evaluates nothing and ends with code 0.
TEST(Conftest, NothingEvaluatedCoversNothing) {
    const ManifestCheck nothing = check(0);
    EXPECT_EQ(conftest_testimony(&nothing, web()).state, EvidenceState::NotCovering);
}

TEST(Conftest, AnotherGenerationOrNoneIsPending) {
    ManifestCheck old = check(13);
    old.generation = 6;
    EXPECT_EQ(conftest_testimony(&old, web()).state, EvidenceState::Pending);
    EXPECT_EQ(conftest_testimony(nullptr, web()).state, EvidenceState::Pending);
    const ManifestCheck current = check(13);
    EXPECT_EQ(conftest_testimony(&current, {}).state, EvidenceState::Pending);
}

TEST(Conftest, AFailureOfTheToolIsNoFailureOfTheManifest) {
    ManifestCheck failed = check(0);
    failed.problem = "rego_compile_error";
    EXPECT_EQ(conftest_testimony(&failed, web()).state, EvidenceState::Unreadable);
}

TEST(Conftest, OneRuleOnTwoContainersIsTwoDefects) {
    const ManifestCheck found =
        check(10, {{Kind::Warn, "limits", "data.main.warn", "web", "container web has none"},
                   {Kind::Warn, "limits", "data.main.warn", "proxy", "container proxy has none"},
                   {Kind::Deny, "tag", "data.main.deny", "web", "latest"}});
    const Testimony testimony = conftest_testimony(&found, web());
    EXPECT_EQ(testimony.state, EvidenceState::Violations);
    ASSERT_EQ(testimony.defects.size(), 3U);
    EXPECT_EQ(testimony.defects[0].grade, Grade::ConftestWarn);
    EXPECT_EQ(testimony.defects[0].rule, "data.main.warn");
    EXPECT_EQ(testimony.defects[2].grade, Grade::ConftestDeny);
}

// Policies that say nothing of themselves share one query: each message is a defect of its own.
TEST(Conftest, WithoutMetadataTheMessageTellsRulesApart) {
    const ManifestCheck found = check(0, {{Kind::Warn, "main", "data.main.warn", "", "no limits"},
                                          {Kind::Warn, "main", "data.main.warn", "", "no liveness"},
                                          {Kind::Warn, "main", "data.main.warn", "", "no liveness"}});
    const Testimony testimony = conftest_testimony(&found, web());
    ASSERT_EQ(testimony.defects.size(), 2U);
    EXPECT_EQ(testimony.defects[0].rule, "data.main.warn: no limits");
}

TEST(Conftest, AnExceptionIsAWaiver) {
    const ManifestCheck waived =
        check(12, {{Kind::Exception, "limits", "data.main.exception[_][_] == \"limits\"", "", ""}});
    EXPECT_EQ(conftest_testimony(&waived, web()).state, EvidenceState::Violations);
    EXPECT_EQ(conftest_testimony(&waived, web()).defects.at(0).grade, Grade::Waived);
}

TEST(Subject, ContainersWithoutLimitsOrDigestAreNamed) {
    Subject subject = web();
    subject.containers.push_back({"migrate", "shop/migrate@" + digest('a'), true, false});
    EXPECT_EQ(containers_without_limits(subject), std::vector<std::string>{"migrate"});
    EXPECT_EQ(containers_without_digest(subject), (std::vector<std::string>{"web", "proxy"}));
}

}  // namespace
}  // namespace helix::trial
