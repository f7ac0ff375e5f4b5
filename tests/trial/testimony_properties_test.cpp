#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/trial/journal.hpp"
#include "tests/trial/courtroom.hpp"
#include "tests/trial/random_case.hpp"

// Reports in any order and any number of copies give the same testimony, and what it says of itself is true.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

template <class T>
const T& pick(Dice& dice, const std::vector<T>& from) {
    return from[dice.roll(from.size())];
}

About any_about(Dice& dice) {
    static const std::vector<About> all = [] {
        std::vector<About> some = everything();
        some.push_back(about("ReplicaSet", "web-1"));
        some.push_back(about("Pod", "web-1-aaaaa"));
        some.push_back({"Pod", "shop", "web-2-bbbbb", ""});
        some.push_back({"Deployment", "other", "web", "uid-other"});
        return some;
    }();
    return pick(dice, all);
}

const std::vector<std::string> kRules = {"r", "s", "autogen-r", "autogen-cronjob-s"};
const std::vector<Micros> kTimes = {kNow - kMinute, kNow - kHour, kNow - 150 * kMinute, kNow - 5 * kHour, 0};

std::vector<PolicyReport> any_policy_reports(Dice& dice) {
    std::vector<PolicyReport> reports;
    for (std::uint64_t i = dice.roll(6); i > 0; --i) {
        std::vector<PolicyResult> results;
        for (std::uint64_t j = dice.roll(5); j > 0; --j) {
            PolicyResult one =
                result(static_cast<Outcome>(dice.roll(5)), any_about(dice), pick(dice, kRules), pick(dice, kTimes));
            if (dice.chance(4)) one.process = "admission review";
            if (dice.chance(4)) one.exception = "waiver";
            if (dice.chance(4)) one.message = "another message";
            if (dice.chance(8)) one.source = "Falco";
            results.push_back(one);
        }
        reports.push_back(report(std::move(results)));
        reports.back().ref.resource_version = std::to_string(i);
        if (dice.chance(8)) reports.back().passes_kept = false;
        if (dice.chance(16)) reports.back().problem = "is no object";
    }
    return reports;
}

std::vector<Constraint> any_constraints(Dice& dice) {
    std::vector<Constraint> constraints;
    for (std::uint64_t i = dice.roll(5); i > 0; --i) {
        Constraint one = constraint("c" + std::to_string(dice.roll(3)));
        for (std::uint64_t j = dice.roll(4); j > 0; --j) {
            const About about = any_about(dice);
            one.violations.push_back(violation(about.kind, about.name, dice.chance(2) ? "m" : "container <web> n"));
            one.violations.back().action = static_cast<Enforcement>(dice.roll(5));
        }
        one.total_violations = static_cast<std::int64_t>(one.violations.size() + dice.roll(2));
        if (dice.chance(4)) one.match.kinds = {{{"apps"}, {"Deployment"}}};
        if (dice.chance(6)) one.audited_at = pick(dice, kTimes);
        if (dice.chance(8)) one.current = false;
        if (dice.chance(8)) one.audited = false;
        if (dice.chance(8)) one.problem = "error " + std::to_string(i);
        constraints.push_back(one);
    }
    return constraints;
}

std::vector<FalcoAlert> any_alerts(Dice& dice) {
    std::vector<FalcoAlert> alerts;
    for (std::uint64_t i = dice.roll(8); i > 0; --i) {
        FalcoAlert one = alert(static_cast<FalcoPriority>(dice.roll(8)), pick(dice, kRules), pick(dice, kTimes));
        if (dice.chance(3)) one.container_id = "web-2-ccccc-proxy-0123";
        if (dice.chance(3)) one.output = "another output";
        if (dice.chance(8)) one.rule = "Falco internal: syscall event drop";
        alerts.push_back(one);
    }
    return alerts;
}

std::vector<ImageReport> any_image_reports(Dice& dice) {
    std::vector<ImageReport> reports;
    for (std::uint64_t i = dice.roll(5); i > 0; --i) {
        std::vector<Vulnerability> found;
        for (std::uint64_t j = dice.roll(4); j > 0; --j)
            found.push_back({"CVE-" + std::to_string(dice.roll(3)), dice.chance(3) ? "CRITICAL" : "HIGH",
                             "package-" + std::to_string(dice.roll(2)), dice.chance(2) ? "2" : ""});
        ImageReport one = image(dice.chance(2) ? "web" : "proxy", std::move(found));
        one.ref.resource_version = std::to_string(i);
        one.lower = static_cast<std::int64_t>(dice.roll(3));
        if (dice.chance(4)) one.updated_at = pick(dice, kTimes);
        if (dice.chance(8)) one.digest = digest('b');
        if (dice.chance(8)) one.owner = about("ReplicaSet", "web-1");
        if (dice.chance(8)) one.problem = "error " + std::to_string(i);
        reports.push_back(one);
    }
    return reports;
}

/// The same values in another order, some of them several times.
template <class T>
std::vector<T> disordered(std::vector<T> values, Dice& dice) {
    const std::size_t size = values.size();
    for (std::size_t i = 0; i < size; ++i)
        if (dice.chance(2)) values.push_back(T(values[dice.roll(size)]));
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[dice.roll(i)]);
    return values;
}

void expect_honest(const Testimony& testimony) {
    if (testimony.state == EvidenceState::Clean) RC_ASSERT(testimony.defects.empty());
    if (testimony.state == EvidenceState::Violations) RC_ASSERT(!testimony.defects.empty());
    RC_ASSERT(testimony.why.empty() == has_testified(testimony.state));
    std::int64_t raw = 0;
    for (std::size_t i = 0; i < testimony.defects.size(); ++i) {
        const Defect& one = testimony.defects[i];
        raw += one.count;
        RC_ASSERT(one.count >= 1);
        RC_ASSERT(one.refs.size() <= Defect::kRefsMax);
        if (i > 0)
            RC_ASSERT(std::tie(testimony.defects[i - 1].policy, testimony.defects[i - 1].rule,
                               testimony.defects[i - 1].container) < std::tie(one.policy, one.rule, one.container));
    }
    RC_ASSERT(testimony.raw == raw);
}

template <class Reports, class Hear>
void expect_steady(const Reports& reports, Dice& dice, Hear hear) {
    const Testimony testimony = hear(reports);
    expect_honest(testimony);
    RC_ASSERT(hear(disordered(reports, dice)) == testimony);
    RC_TAG(std::string(to_string(testimony.state)));
}

RC_GTEST_PROP(TestimonyProperties, KyvernoIsSteady, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    const auto reports = any_policy_reports(dice);
    expect_steady(reports, dice, [](const auto& some) { return kyverno(some); });
}

RC_GTEST_PROP(TestimonyProperties, GatekeeperIsSteady, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    const auto constraints = any_constraints(dice);
    expect_steady(constraints, dice, [](const auto& some) { return gatekeeper(some); });
}

RC_GTEST_PROP(TestimonyProperties, FalcoIsSteady, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    const auto alerts = any_alerts(dice);
    expect_steady(alerts, dice, [](const auto& some) { return falco(some); });
    expect_steady(alerts, dice, [](const auto& some) { return falco({}, some); });
}

RC_GTEST_PROP(TestimonyProperties, TrivyIsSteady, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    const auto reports = any_image_reports(dice);
    expect_steady(reports, dice, [](const auto& some) { return trivy(some); });
}

// A gate that has seen a violation of the subject is never clean, whatever else it says.
RC_GTEST_PROP(TestimonyProperties, AViolationIsNeverLost, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    auto reports = any_policy_reports(dice);
    reports.push_back(report({result(Outcome::Fail, about("Pod", "web-2-ddddd"), "last", kNow)}));
    RC_ASSERT(kyverno(reports).state != EvidenceState::Clean);
    RC_ASSERT(!kyverno(reports).defects.empty());
    auto constraints = any_constraints(dice);
    constraints.push_back(violated({violation("Pod", "web-2-ddddd")}));
    RC_ASSERT(gatekeeper(constraints).state != EvidenceState::Clean);
}

// However often and in whatever order a journal hears them, it ends with the same.
RC_GTEST_PROP(TestimonyProperties, AJournalEndsTheSameInAnyOrder, ()) {
    Dice dice(*rc::gen::arbitrary<std::uint64_t>());
    std::vector<Testimony> heard;
    for (int i = 0; i < 4; ++i) heard.push_back(kyverno(any_policy_reports(dice)));
    Journal journal;
    Journal restored;
    for (const Testimony& testimony : heard)
        for (const Journal::Line& line : journal.note(testimony)) restored.restore(line);
    Journal other;
    for (const Testimony& testimony : disordered(heard, dice)) (void)other.note(testimony);
    const Testimony end = journal.complete(silent(Gate::Kyverno));
    RC_ASSERT(other.complete(silent(Gate::Kyverno)) == end);
    expect_honest(end);
    RC_ASSERT(journal.complete(end) == end);
    RC_ASSERT(journal.note(end).empty());
    // What was recorded brings back every defect with its grade, if not the last count.
    const Testimony back = restored.complete(silent(Gate::Kyverno));
    RC_ASSERT(back.defects.size() == end.defects.size());
    for (std::size_t i = 0; i < end.defects.size(); ++i) {
        RC_ASSERT(back.defects[i].grade == end.defects[i].grade);
        RC_ASSERT(2 * back.defects[i].count > end.defects[i].count);
    }
}

}  // namespace
}  // namespace helix::trial
