#include "domain/trial/weigh.hpp"

#include <algorithm>

namespace helix::trial {
namespace {

constexpr Hundredths kBase = 100;
constexpr Hundredths kMost = 100;

/// Base, deductions and bonuses, before the clamp.
Hundredths sum(const Counted& counted) {
    Hundredths raw = kBase + kCleanBonus * (counted.asked & counted.clean).size();
    for (unsigned i = 0; i < kGradeCount; ++i) raw += weight_of(static_cast<Grade>(i)) * counted.defects[i];
    if (counted.unlimited) raw += kUnlimitedWeight;
    return raw;
}

bool has(const Counted& counted, Grade grade) {
    return counted.defects[static_cast<std::size_t>(grade)] > 0;
}

GradeSet hard_denies(const Counted& counted, const LayerLaw& law) {
    GradeSet found;
    for (unsigned i = 0; i < kGradeCount; ++i)
        if (counted.defects[i] > 0) found.add(static_cast<Grade>(i));
    return found & law.denies;
}

CapSet caps(const Counted& counted, const LayerLaw& law, const Weighed& weighed) {
    CapSet caps;
    if (!counted.subject_found) caps.add(Cap::SubjectMissing);
    if (counted.testified.empty()) caps.add(Cap::NobodyTestified);
    if (!weighed.waiting_for.empty() && !counted.tolerate) caps.add(Cap::Waiting);
    if (has(counted, Grade::FalcoMedium)) caps.add(Cap::FalcoMedium);
    if (counted.unlimited && law.limits) caps.add(Cap::Unlimited);
    if (counted.without_digest && law.digests) caps.add(Cap::WithoutDigest);
    const bool immaculate = counted.clean == GateSet::all() && weighed.warmth == kMost;
    if (law.immaculate && !immaculate) caps.add(Cap::NotImmaculate);
    if (law.approval && !counted.approved) caps.add(Cap::NotApproved);
    if (weighed.floor + kAdmitMargin > kMost) caps.add(Cap::FloorTooHigh);
    return caps;
}

/// Whether nothing at all weighs against the subject.
bool blameless(const Counted& counted) {
    if (counted.unlimited) return false;
    for (unsigned i = 0; i < kGradeCount; ++i)
        if (counted.defects[i] > 0 && weight_of(static_cast<Grade>(i)) != 0) return false;
    return true;
}

Verdict verdict(const Counted& counted, const Weighed& weighed, bool hard) {
    if (hard || weighed.warmth < weighed.floor) return Verdict::Deny;
    if (!counted.subject_found || (counted.testified.empty() && blameless(counted))) return Verdict::Pending;
    const bool warm = weighed.warmth >= weighed.floor + kAdmitMargin;
    return warm && weighed.caps.empty() ? Verdict::Admit : Verdict::Watch;
}

/// Whether nothing that may still come can change the verdict, short of new evidence against the subject.
bool is_final(const Counted& counted, const Weighed& weighed, bool hard) {
    if (hard) return true;
    if (!counted.served || !counted.subject_found || weighed.verdict == Verdict::Pending) return false;
    if (weighed.awaits_approval) return false;
    if (weighed.waiting_for.empty() || counted.tolerate) return true;
    const Hundredths best = weighed.raw + kCleanBonus * (counted.asked & weighed.waiting_for).size();
    return best < weighed.floor;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::Pending:
            return "PENDING";
        case Verdict::Admit:
            return "ADMIT";
        case Verdict::Watch:
            return "WATCH";
        case Verdict::Deny:
            return "DENY";
    }
    return "PENDING";
}

Weighed weigh(const Counted& counted) {
    const LayerLaw& law = law_of(counted.layer);
    Weighed weighed;
    weighed.raw = sum(counted);
    weighed.warmth = std::clamp<Hundredths>(weighed.raw, 0, kMost);
    weighed.floor = std::max(counted.floor, law.floor);
    weighed.waiting_for = (counted.asked | law.required) - counted.testified;
    weighed.hard_denies = hard_denies(counted, law);
    weighed.limits_deny = counted.unlimited && law.immaculate;
    weighed.closed = law.closed;
    weighed.caps = caps(counted, law, weighed);
    const bool hard = weighed.closed || weighed.limits_deny || !weighed.hard_denies.empty();
    weighed.verdict = verdict(counted, weighed, hard);
    weighed.awaits_approval = weighed.verdict == Verdict::Watch && weighed.caps == CapSet{Cap::NotApproved} &&
                              weighed.warmth >= weighed.floor + kAdmitMargin;
    weighed.final = is_final(counted, weighed, hard);
    return weighed;
}

}  // namespace helix::trial
