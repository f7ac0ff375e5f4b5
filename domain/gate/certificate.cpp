#include "domain/gate/certificate.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/gate/certificate_search.hpp"

namespace helix::gate {
namespace {

/// Enough for thousands of units, and still well under a second.
constexpr std::int64_t kStepsMost = 20'000'000;

Error wrong(const std::string& what, const std::string& where) {
    return error(Code::InvalidArgument, "certificate: " + what, "do not rely on it: ask for a new verdict", where);
}

bool passing(Why why) {
    return why == Why::Neutral || why == Why::Safe || why == Why::Release || why == Why::Relief;
}

bool keeps(const CertificateUnit& unit, Int128 used) {
    return (static_cast<Int128>(unit.capacity) - used) * Certificate::kScale >=
           static_cast<Int128>(unit.floor_share) * unit.capacity;
}

/// Millionths of a percent, rounded up.
std::int64_t percent(const CertificateUnit& unit) {
    if (unit.capacity == 0) return 100'000'000;
    const Int128 share = static_cast<Int128>(std::max<Bytes>(unit.after, 0)) * 100'000'000;
    const Int128 up = share / unit.capacity + (share % unit.capacity == 0 ? 0 : 1);
    return static_cast<std::int64_t>(std::min<Int128>(up, std::numeric_limits<std::int64_t>::max()));
}

/// One unit: that its figures follow from each other, then that they bear its `why`.
class UnitCheck {
public:
    UnitCheck(const Certificate& certificate, std::size_t index, std::int64_t& steps_left)
        : certificate_(certificate),
          groups_(certificate.groups),
          unit_(certificate.units[index]),
          where_("/units/" + std::to_string(index)),
          steps_left_(steps_left) {}

    Result<void> run() {
        if (!recheck::well_formed(unit_, groups_)) return fail("counts or sizes make no sense", "");
        if (auto limit = check_limit(); !limit) return limit;
        if (auto after = check_after(); !after) return after;
        if (auto settled = check_settled(); !settled) return settled;
        return check_why();
    }

private:
    Error fail(const std::string& what, const std::string& member) const {
        return wrong("unit " + unit_.unit + ": " + what, where_ + member);
    }

    Result<void> check_limit() const {
        if (unit_.floor_share < Certificate::kGamma1 || unit_.floor_share > Certificate::kScale)
            return fail("its floor is below γ₁ or above the whole", "/floor_share");
        if (!keeps(unit_, unit_.limit) || keeps(unit_, static_cast<Int128>(unit_.limit) + 1))
            return fail("limit is not the most that keeps the floor", "/limit");
        return {};
    }

    Result<void> check_after() {
        if (!recheck::feasible(unit_, groups_)) return fail("its placement cannot happen", "/placed");
        const Int128 witness = recheck::witness(unit_, groups_);
        const Int128 bound = recheck::simple_bound(unit_, groups_);
        if (!unit_.exact) return unit_.after == bound ? Result<void>{} : fail("after is not the bound", "/after");
        if (unit_.after != witness) return fail("after is not what used, gone and placed give", "/after");
        switch (recheck::exceeds(unit_, groups_, unit_.after, steps_left_)) {
            case recheck::Answer::No:
                return {};
            case recheck::Answer::Yes:
                return fail("a worse placement can happen", "/after");
            case recheck::Answer::Undecided:
                break;
        }
        return error(Code::ResourceExhausted, "certificate: unit " + unit_.unit + " has too many states to go through",
                     "check it with a solver", where_);
    }

    /// Nobody else comes when all who leave have left, and they release what they use at most.
    Result<void> check_settled() const {
        Int128 least = unit_.used;
        for (const JudgedLeaving& old : unit_.leaving)
            for (const Bytes use : old.uses) least -= use;
        const bool lower = unit_.settled >= least || certificate_.effect == EffectKind::Release;
        if (unit_.settled > unit_.after || !lower) return fail("settled is out of reach", "/settled");
        return {};
    }

    Result<void> check_why() const {
        if (!why_holds())
            return fail("its figures do not bear out \"" + std::string(to_string(unit_.why)) + "\"", "/why");
        return {};
    }

    bool why_holds() const {
        const bool above = unit_.used <= unit_.limit;
        const bool moves = certificate_.effect == EffectKind::Move || !unit_.leaving.empty();
        const bool releases = certificate_.effect == EffectKind::Release;
        const bool takes_any = recheck::takes_any(unit_, groups_, false);
        const bool takes_unknown = recheck::takes_any(unit_, groups_, true);
        switch (unit_.why) {
            case Why::Safe:
                return !releases && above && unit_.after <= unit_.limit && !takes_unknown;
            case Why::Release:
                return releases && above && !takes_any;
            case Why::Relief:
            case Why::ReliefNeedsReason:
            case Why::ReliefOff:
                return !above && !takes_any && (releases || unit_.settled < unit_.used);
            case Why::FloorBreak:
                return !releases && above && unit_.after > unit_.limit && !takes_unknown;
            case Why::BreakUnit:
                return !releases && !above && (moves || takes_any);
            case Why::UnknownMemory:
            case Why::StaleMetrics:
            case Why::UnreadableFloor:
                return !releases;  // what is missing is not in the certificate; that it blocks is
            case Why::Neutral:
            case Why::Unmodelled:
            case Why::EngineDisagreement:
            case Why::EngineSilent:
                return false;
        }
        return false;
    }

    const Certificate& certificate_;
    const std::vector<JudgedGroup>& groups_;
    const CertificateUnit& unit_;
    std::string where_;
    std::int64_t& steps_left_;
};

Result<void> check_head(const Certificate& certificate) {
    if (certificate.version != Certificate::kVersion) return wrong("its version is not known", "/version");
    if (certificate.gamma1 != Certificate::kGamma1) return wrong("gamma1 is not γ₁", "/gamma1");
    if (certificate.scale != Certificate::kScale) return wrong("scale is not 10^17", "/scale");
    if (certificate.passed != passing(certificate.why)) return wrong("why and passed disagree", "/passed");
    if (certificate.units_seen < 0 || std::cmp_less(certificate.units_seen, certificate.units.size()))
        return wrong("it has more units than were seen", "/units_seen");
    return {};
}

/// The verdict's own cause follows from its units': all pass, or the deciding one blocks.
Result<void> check_why(const Certificate& certificate) {
    const auto has = [&](auto wanted) {
        return std::any_of(certificate.units.begin(), certificate.units.end(), wanted);
    };
    const bool blocked = has([](const CertificateUnit& unit) { return !passing(unit.why); });
    if (certificate.why == Why::Unmodelled || certificate.why == Why::Neutral) {
        if (!certificate.units.empty()) return wrong("it touches units, yet says it does not", "/units");
        const bool neutral = certificate.effect == EffectKind::Neutral;
        return neutral || certificate.why == Why::Unmodelled ? Result<void>{}
                                                             : wrong("the effect is not neutral", "/effect");
    }
    if (certificate.effect == EffectKind::Neutral) return wrong("a neutral effect has nothing to judge", "/effect");
    if (certificate.passed == blocked) return wrong("passed does not follow from the units", "/passed");
    if (!certificate.passed) return {};  // check_worst finds the cause at the deciding unit
    const bool relieved = has([](const CertificateUnit& unit) { return unit.why == Why::Relief; });
    const Why otherwise = certificate.effect == EffectKind::Release ? Why::Release : Why::Safe;
    if (certificate.why != (relieved ? Why::Relief : otherwise))
        return wrong("why does not follow from the units", "/why");
    return {};
}

/// `worst` is the first of the fullest units: of all when it passed, else of those with the verdict's cause.
Result<void> check_worst(const Certificate& certificate) {
    std::int64_t highest = 0;
    std::int64_t decisive = -1;
    std::int64_t decisive_percent = 0;
    for (std::size_t i = 0; i < certificate.units.size(); ++i) {
        const std::int64_t here = percent(certificate.units[i]);
        highest = std::max(highest, here);
        if (!certificate.passed && certificate.units[i].why != certificate.why) continue;
        if (decisive >= 0 && here <= decisive_percent) continue;
        decisive = static_cast<std::int64_t>(i);
        decisive_percent = here;
    }
    if (certificate.worst != decisive) return wrong("worst is not the deciding unit", "/worst");
    if (!certificate.passed && certificate.why != Why::Unmodelled && decisive < 0)
        return wrong("no unit has its cause", "/why");
    if (certificate.after_micro_pct != highest) return wrong("after_pct_est is not the highest", "/after_pct_est");
    return {};
}

/// Why the gate's own rules pass a write that they do pass.
Why passing_why(const Verdict& verdict) {
    if (verdict.effect == EffectKind::Neutral) return Why::Neutral;
    if (verdict.cases.any(Why::Relief)) return Why::Relief;
    return verdict.effect == EffectKind::Release ? Why::Release : Why::Safe;
}

}  // namespace

Certificate certify(const Verdict& verdict) {
    Certificate made;
    made.passed = verdict.passed;
    made.why = verdict.why;
    if (verdict.why == Why::EngineDisagreement || verdict.why == Why::EngineSilent) {
        // Another engine holds the write back. The sums are those of the gate's own rules, which passed it.
        made.passed = true;
        made.why = passing_why(verdict);
    }
    made.effect = verdict.effect;
    made.groups = verdict.groups;
    made.worst = verdict.worst;
    made.after_micro_pct = verdict.after_micro_pct;
    made.state_version = verdict.state_version;
    made.units_seen = verdict.units_seen;
    made.units.reserve(verdict.cases.size());
    for (UnitCase unit : verdict.cases) made.units.push_back(std::move(unit));
    return made;
}

Result<void> check(const Certificate& certificate) {
    if (auto head = check_head(certificate); !head) return head;
    std::int64_t steps_left = kStepsMost;
    for (std::size_t i = 0; i < certificate.units.size(); ++i)
        if (auto unit = UnitCheck(certificate, i, steps_left).run(); !unit) return unit;
    if (auto why = check_why(certificate); !why) return why;
    return check_worst(certificate);
}

}  // namespace helix::gate
