#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/gate/verdict.hpp"

namespace helix::gate {

/// One unit of a certificate.
using CertificateUnit = UnitCase;

/// What a stranger needs to re-check a verdict offline, with integer arithmetic and nothing else.
struct Certificate {
    static constexpr std::int64_t kVersion = 1;
    static constexpr std::int64_t kGamma1 = 14'134'725'141'734'693;
    static constexpr std::int64_t kScale = 100'000'000'000'000'000;

    std::int64_t version = kVersion;
    std::int64_t gamma1 = kGamma1;
    std::int64_t scale = kScale;
    bool passed = false;
    Why why = Why::Unmodelled;
    EffectKind effect = EffectKind::Neutral;
    std::vector<JudgedGroup> groups;
    std::vector<CertificateUnit> units;
    std::int64_t worst = -1;  ///< index into `units` of the one that decided; -1: none
    std::int64_t after_micro_pct = 0;
    std::uint64_t state_version = 0;
    std::int64_t units_seen = 0;

    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// The certificate of `verdict`; no judgement of its own.
Certificate certify(const Verdict& verdict);

/// Re-checks a certificate from its integers alone, by arithmetic of its own: the code that made the verdict is not
/// used. For every unit
///
///     limit    is the largest U with (capacity - U) * scale >= floor_share * capacity, and floor_share >= gamma1
///     witness  = used - sum(uses gone) + sum(placed * each), feasible: within most, couplings and room
///     after    = witness when exact, and no feasible state exceeds it;
///              = used + sum(each * as many as fit with everybody gone) when not
///
/// and over all units: why follows from used, after and limit; passed from why; worst and after_micro_pct from after.
///
/// Errors: InvalidArgument naming the first thing that does not hold (`where` is a JSON pointer into the certificate);
/// ResourceExhausted when the states of a unit are too many to go through.
/// Source: docs/certificate.md.
Result<void> check(const Certificate& certificate);

}  // namespace helix::gate
