#include "domain/gate/certificate.hpp"

#include <functional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/gate/certificate_search.hpp"
#include "domain/gate/unit_problem.hpp"
#include "tests/domain/random_certificate.hpp"

namespace helix::gate {
namespace {

using namespace helix::testing;  // NOLINT(google-build-using-namespace): test vocabulary

TEST(Certificate, OfAPassedScaleUpHolds) {
    const Certificate certificate = certify(*judge(two_nodes().state, {}, scale("web", 3), settings()));
    ASSERT_TRUE(certificate.passed);
    ASSERT_FALSE(certificate.units.empty());
    EXPECT_TRUE(check(certificate));
}

TEST(Certificate, OfABreakHolds) {
    const Certificate certificate = certify(*judge(two_nodes().state, {}, scale("web", 30), settings()));
    ASSERT_EQ(certificate.why, Why::FloorBreak);
    EXPECT_TRUE(check(certificate));
}

TEST(Certificate, OfABreakCannotBePassedOffAsAPass) {
    Certificate certificate = certify(*judge(two_nodes().state, {}, scale("web", 30), settings()));
    certificate.passed = true;
    certificate.why = Why::Safe;
    for (CertificateUnit& unit : certificate.units) unit.why = Why::Safe;
    EXPECT_FALSE(check(certificate));
    for (CertificateUnit& unit : certificate.units) {  // and hiding the worst placement does not help
        unit.placed.assign(unit.placed.size(), 0);
        unit.after = unit.settled = unit.used;
    }
    EXPECT_FALSE(check(certificate));
}

TEST(Certificate, RefusesHugeNumbersWithoutOverflow) {
    const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t value : {huge, -huge - 1, huge / 2}) {
        Certificate certificate = certify(*judge(two_nodes().state, {}, scale("web", 3), settings()));
        for (std::int64_t* figure : every_figure(certificate)) {
            const std::int64_t before = std::exchange(*figure, value);
            (void)check(certificate);  // no crash, no sanitizer report
            *figure = before;
        }
    }
}

// Whatever the gate says of a small cluster, its certificate holds.
RC_GTEST_PROP(Certificate, OfEveryVerdictHolds, ()) {
    const Verdict verdict = random_verdict();
    const auto checked = check(certify(verdict));
    if (!checked) RC_FAIL(checked.error().where + ": " + checked.error().message + " (" + verdict.reason + ")");
    RC_TAG(std::string(to_string(verdict.why)));
}

// A figure on which the verdict rests cannot be changed alone; what else is changed breaks the digest.
RC_GTEST_PROP(Certificate, NoDecisiveFigureCanBeChanged, ()) {
    Certificate certificate = certify(random_verdict());
    const auto change = *rc::gen::element<std::int64_t>(-1000, -1, 1, 1000);
    for (std::int64_t* figure : decisive_figures(certificate)) {
        *figure += change;
        if (check(certificate)) RC_FAIL("a changed figure was taken");
        *figure -= change;
    }
}

// The hunt agrees with going through every state.
RC_GTEST_PROP(CertificateSearch, AgreesWithBruteForce, ()) {
    const auto [unit, groups] = random_unit();
    RC_PRE(recheck::well_formed(unit, groups));
    const std::int64_t most = brute_force(unit, groups);
    std::int64_t steps = 1'000'000;
    RC_ASSERT(recheck::exceeds(unit, groups, most, steps) == recheck::Answer::No);
    RC_ASSERT(recheck::exceeds(unit, groups, most - 1, steps) == recheck::Answer::Yes);
    RC_ASSERT(recheck::simple_bound(unit, groups) >= most);
}

// The gate's own worst case and the re-check's meet at the same number.
RC_GTEST_PROP(CertificateSearch, AgreesWithTheGate, ()) {
    auto [unit, groups] = random_unit();
    std::vector<Incoming> incoming;
    std::vector<Leaving> leaving;
    for (std::size_t i = 0; i < groups.size(); ++i)
        incoming.push_back(
            {groups[i].request, groups[i].each.value_or(0), unit.most[i], groups[i].coupling, groups[i].coupled_total});
    for (const JudgedLeaving& old : unit.leaving) leaving.push_back({old.request, old.uses, old.group});
    const UnitWorst worst = worst_case({unit.used, unit.free, incoming, leaving});
    RC_ASSERT(worst.exact);
    unit.placed = worst.placed;
    for (std::size_t i = 0; i < unit.leaving.size(); ++i) unit.leaving[i].gone = worst.gone[i];
    RC_ASSERT(recheck::feasible(unit, groups));
    RC_ASSERT(recheck::witness(unit, groups) == worst.after);
    std::int64_t steps = 1'000'000;
    RC_ASSERT(recheck::exceeds(unit, groups, worst.after, steps) == recheck::Answer::No);
}

TEST(CertificateSearch, SaysWhenTheStepsRunOut) {
    const auto [unit, groups] = crowded_unit();
    std::int64_t steps = 3;
    EXPECT_EQ(recheck::exceeds(unit, groups, brute_force(unit, groups) - 1, steps), recheck::Answer::Undecided);
}

}  // namespace
}  // namespace helix::gate
