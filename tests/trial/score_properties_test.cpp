#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/trial/words.hpp"
#include "tests/trial/random_case.hpp"
#include "tests/trial/reference.hpp"

namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

Reference as_reference(const Score& score) {
    return {score.raw, score.warmth, score.floor, std::string(to_string(score.verdict)), score.final};
}

Case any_case() {
    return random_case(*rc::gen::arbitrary<std::uint64_t>());
}

// Bit-equal to the formula written a second time; HELIX_TRIAL_CASES says in how many cases.
TEST(ScoreProperties, EqualTheReferenceInEveryCase) {
    const char* wanted = std::getenv("HELIX_TRIAL_CASES");
    const std::uint64_t cases = wanted == nullptr ? 100'000 : std::strtoull(wanted, nullptr, 10);
    std::map<std::string, std::uint64_t> verdicts;
    for (std::uint64_t seed = 0; seed < cases; ++seed) {
        const Case input = random_case(seed);
        const Reference expected = reference(input);
        ASSERT_EQ(as_reference(score(input)), expected)
            << "seed " << seed << ": expected " << expected.verdict << " at " << expected.raw << ", is "
            << to_string(score(input).verdict) << " at " << score(input).raw;
        ++verdicts[expected.verdict + (expected.final ? " final" : "")];
    }
    for (const char* verdict : {"ADMIT", "ADMIT final", "WATCH", "WATCH final", "DENY", "DENY final", "PENDING"})
        EXPECT_GT(verdicts[verdict], cases / 1000) << verdict;  // no kind of verdict was left out
}

RC_GTEST_PROP(ScoreProperties, WarmthStaysWithinItsBounds, ()) {
    const Score verdict = score(any_case());
    RC_ASSERT(verdict.warmth >= 0 && verdict.warmth <= 100);
    Hundredths sum = Score::kBase;
    for (const Term& term : verdict.deductions) sum += term.amount;
    for (const Term& term : verdict.bonuses) sum += term.amount;
    RC_ASSERT(sum == verdict.raw);  // a reader can add it up
    RC_ASSERT(verdict.warmth == std::clamp<Hundredths>(sum, 0, 100));
    RC_ASSERT(verdict.promote == (verdict.final && verdict.verdict == Verdict::Admit));
    if (verdict.verdict == Verdict::Admit) RC_ASSERT(verdict.caps.empty() && verdict.hard_denies.empty());
}

// One more thing held against the subject never warms it, never admits it, and lifts no denial.
RC_GTEST_PROP(ScoreProperties, MoreChargesNeverHelp, ()) {
    Case input = any_case();
    RC_PRE(!input.testimonies.empty());
    const Score before = score(input);
    const auto more = *rc::gen::inRange<unsigned>(0, kGradeCount + 2);
    if (more == kGradeCount) input.unlimited.emplace_back("another");
    if (more == kGradeCount + 1) input.without_digest.emplace_back("another");
    if (more < kGradeCount) {
        Testimony& testimony = input.testimonies[*rc::gen::inRange<std::size_t>(0, input.testimonies.size())];
        testimony.defects.push_back(defect(static_cast<Grade>(more), "another"));
        if (testimony.state == EvidenceState::Clean) testimony.state = EvidenceState::Violations;
    }
    const Score after = score(input);
    RC_ASSERT(after.warmth <= before.warmth);
    RC_ASSERT(after.raw <= before.raw);
    if (before.verdict != Verdict::Admit) RC_ASSERT(after.verdict != Verdict::Admit);
    if (before.verdict == Verdict::Deny) RC_ASSERT(after.verdict == Verdict::Deny);
    if (before.promote) RC_ASSERT(after.promote || after.verdict != Verdict::Admit);
}

RC_GTEST_PROP(ScoreProperties, AHardDenyAlwaysDeniesAtOnce, ()) {
    Case input = any_case();
    RC_PRE(!input.testimonies.empty());
    const auto grade =
        *rc::gen::element(Grade::ConftestDeny, Grade::FalcoCritical, Grade::FalcoHigh, Grade::TrivyCritical);
    input.testimonies[*rc::gen::inRange<std::size_t>(0, input.testimonies.size())].defects.push_back(
        defect(grade, "hard"));
    const Score verdict = score(input);
    RC_ASSERT(verdict.verdict == Verdict::Deny);
    RC_ASSERT(verdict.final);
    RC_ASSERT(!verdict.hard_denies.empty());
    RC_ASSERT(!verdict.sorries.empty());
}

std::string printed(const Score& score) {
    std::string text = to_decimal(score.raw) + std::string(to_string(score.verdict));
    for (const Term& term : score.deductions) text += term.cause + to_decimal(term.amount) + std::to_string(term.count);
    for (const std::string& reason : score.hard_denies) text += reason;
    for (const std::string& cap : score.caps) text += cap;
    for (const Sorry& sorry : score.sorries) text += sorry.what + sorry.why + sorry.mend + to_decimal(sorry.gives_back);
    return text;
}

RC_GTEST_PROP(ScoreProperties, TheOrderOfEvidenceDoesNotMatter, ()) {
    Case input = any_case();
    const std::string before = printed(score(input));
    std::mt19937_64 order(*rc::gen::arbitrary<std::uint64_t>());
    std::shuffle(input.testimonies.begin(), input.testimonies.end(), order);
    for (Testimony& testimony : input.testimonies)
        std::shuffle(testimony.defects.begin(), testimony.defects.end(), order);
    RC_ASSERT(printed(score(input)) == before);
}

const Sorry* sorry_about(const Score& score, const std::string& what) {
    for (const Sorry& sorry : score.sorries)
        if (sorry.what == what) return &sorry;
    return nullptr;
}

void expect_gain(const Score& before, const Case& mended, const std::string& what) {
    const Score after = score(mended);
    const Sorry* sorry = sorry_about(before, what);
    if (before.verdict == Verdict::Admit && after.warmth == before.warmth) return RC_ASSERT(sorry == nullptr);
    if (sorry == nullptr) RC_FAIL("nothing is said of " + what);
    RC_ASSERT(sorry->gives_back == after.warmth - before.warmth);
    RC_ASSERT(sorry->gives_back_raw == after.raw - before.raw);
}

// Mending what a sorry names gives back exactly what it says, raw and clamped.
RC_GTEST_PROP(ScoreProperties, ExplanationsAreExact, ()) {
    const Case input = any_case();
    const Score before = score(input);
    for (std::size_t i = 0; i < input.testimonies.size(); ++i) {
        const Testimony& testimony = input.testimonies[i];
        for (std::size_t j = 0; j < testimony.defects.size(); ++j) {
            if (weight_of(testimony.defects[j].grade) == 0) continue;
            Case mended = input;
            std::vector<Defect>& left = mended.testimonies[i].defects;
            left.erase(left.begin() + static_cast<std::ptrdiff_t>(j));
            if (left.empty() && testimony.state == EvidenceState::Violations)
                mended.testimonies[i].state = EvidenceState::Clean;
            expect_gain(before, mended, cause_of(testimony.gate, testimony.defects[j]));
        }
        if (has_testified(testimony.state) || !testimony.defects.empty()) continue;
        if (!(input.gates | law_of(input.layer).required).has(testimony.gate)) continue;
        Case heard = input;
        heard.testimonies[i].state = EvidenceState::Clean;
        expect_gain(
            before, heard,
            std::string(to_string(testimony.gate)) + " has not testified: " + std::string(to_string(testimony.state)));
    }
    if (input.unlimited.empty()) return;
    Case limited = input;
    limited.unlimited.clear();
    expect_gain(before, limited, "no resource limits: web");
}

}  // namespace
}  // namespace helix::trial
