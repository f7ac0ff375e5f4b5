#include "domain/trial/score.hpp"

#include "domain/trial/words.hpp"

namespace helix::trial {
namespace {

std::vector<Term> deductions_of(const Case& input, const std::vector<Charge>& charges) {
    std::vector<Term> terms;
    for (const Charge& charge : charges) {
        const Hundredths weight = weight_of(charge.defect->grade);
        if (weight == 0) continue;
        const Gate gate = charge.testimony->gate;
        terms.push_back({gate, cause_of(gate, *charge.defect), weight, weight, charge.defect->count});
    }
    if (!input.unlimited.empty())
        terms.push_back({std::nullopt, "no resource limits (" + joined(input.unlimited) + ")", kUnlimitedWeight,
                         kUnlimitedWeight, static_cast<std::int64_t>(input.unlimited.size())});
    return terms;
}

std::vector<Term> bonuses_of(const Counted& counted) {
    std::vector<Term> terms;
    for (const Gate gate : kGates)
        if (counted.asked.has(gate) && counted.clean.has(gate))
            terms.push_back({gate, std::string(to_string(gate)) + " is clean", kCleanBonus, kCleanBonus, 1});
    return terms;
}

std::vector<std::string> hard_denies_of(const Case& input, const Weighed& weighed, const std::vector<Charge>& charges) {
    std::vector<std::string> reasons;
    if (weighed.closed) reasons.push_back(std::string(to_string(input.layer)) + " admits nothing");
    for (const Charge& charge : charges)
        if (weighed.hard_denies.has(charge.defect->grade))
            reasons.push_back(std::string(to_string(charge.defect->grade)) + ": " +
                              cause_of(charge.testimony->gate, *charge.defect));
    if (weighed.limits_deny) reasons.push_back("no resource limits (" + joined(input.unlimited) + ")");
    return reasons;
}

std::string words_of(Cap cap, const Case& input, const Weighed& weighed) {
    switch (cap) {
        case Cap::SubjectMissing:
            return "the subject is not there";
        case Cap::NobodyTestified:
            return "no gate has testified";
        case Cap::Waiting:
            return "not testified yet: " + joined(weighed.waiting_for);
        case Cap::FalcoMedium:
            return "a medium Falco alert: at most WATCH";
        case Cap::Unlimited:
            return "no resource limits (" + joined(input.unlimited) + "): no ADMIT above L2";
        case Cap::WithoutDigest:
            return "image not named by its digest (" + joined(input.without_digest) + "): no ADMIT above L3";
        case Cap::NotImmaculate:
            return "not all five gates are clean with warmth 1.00";
        case Cap::NotApproved:
            return input.layer == Layer::L7 ? "the MEGSCIFIAR approval is missing" : "the approval is missing";
        case Cap::FloorTooHigh:
            return "the floor " + to_decimal(weighed.floor) + " asks for a warmth of " +
                   to_decimal(weighed.floor + kAdmitMargin) + ", and warmth ends at 1.00";
    }
    return {};
}

}  // namespace

std::string to_decimal(Hundredths value) {
    const Hundredths size = value < 0 ? -value : value;
    const Hundredths cents = size % 100;
    return (value < 0 ? "-" : "") + std::to_string(size / 100) + (cents < 10 ? ".0" : ".") + std::to_string(cents);
}

Score score(const Case& input) {
    const Counted counted = count(input);
    const Weighed weighed = weigh(counted);
    const std::vector<Charge> charges = charges_of(input);
    Score score;
    score.deductions = deductions_of(input, charges);
    score.bonuses = bonuses_of(counted);
    score.raw = weighed.raw;
    score.warmth = weighed.warmth;
    score.floor = weighed.floor;
    score.verdict = weighed.verdict;
    score.final = weighed.final;
    score.promote = weighed.final && weighed.verdict == Verdict::Admit;
    score.awaits_approval = weighed.awaits_approval;
    score.hard_denies = hard_denies_of(input, weighed, charges);
    for (unsigned i = 0; i < kCapCount; ++i)
        if (const Cap cap = static_cast<Cap>(i); weighed.caps.has(cap))
            score.caps.push_back(words_of(cap, input, weighed));
    for (const Gate gate : kGates)
        if (weighed.waiting_for.has(gate)) score.waiting_for.push_back(gate);
    score.sorries = sorries_of(input, counted, weighed);
    return score;
}

}  // namespace helix::trial
