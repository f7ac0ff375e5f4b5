#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/trial/score.hpp"

namespace helix::trial {

/// Who stands trial, by name.
struct SubjectRef {
    std::string kind;  ///< "Deployment", "StatefulSet", "DaemonSet"
    std::string ns;
    std::string name;

    friend bool operator==(const SubjectRef&, const SubjectRef&) = default;
};

/// "deployment/mefine-static (pemos-system)"
std::string describe(const SubjectRef& subject);

/// What a TrendalTrial asks for.
struct TrialSpec {
    static constexpr std::int64_t kHistoryLimit = 20;  ///< unless the spec says otherwise

    SubjectRef subject;
    Layer layer = Layer::L0;
    GateSet gates;
    Hundredths floor = 0;
    Micros duration = 0;
    std::string crew;
    std::string trial_id;
    bool tolerate = false;
    bool suspend = false;
    std::int64_t history_limit = kHistoryLimit;
    Micros start_after = 0;  ///< not before this time; 0: at once

    friend bool operator==(const TrialSpec&, const TrialSpec&) = default;
};

/// One point of a trial's warmth over time.
struct WarmthPoint {
    Micros at = 0;
    Hundredths warmth = 0;
    Verdict verdict = Verdict::Pending;

    friend bool operator==(const WarmthPoint&, const WarmthPoint&) = default;
};

/// A TrendalTrial as the API server holds it.
struct Trial {
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    bool deleting = false;
    std::string approved_by;  ///< annotation eose.ca/approved-by
    std::string megscifiar;   ///< annotation eose.ca/megscifiar-approved-by
    std::string rerun;        ///< annotation eose.ca/rerun: another value starts the trial anew
    TrialSpec spec;
    std::string problem;               ///< why the spec cannot be read; empty: it can. Such a trial is never tried.
    std::uint64_t status_digest = 0;   ///< of the status as JSON, keys sorted; 0: it has none
    std::vector<WarmthPoint> history;  ///< status.warmthHistory

    friend bool operator==(const Trial&, const Trial&) = default;
};

/// A Go duration ("24h", "1h30m", "0s", "1.5h"). Errors: nothing for anything else, for negative ones, and beyond 10
/// years.
std::optional<Micros> parse_duration(std::string_view text);
/// "24h0m0s", as Go prints it.
std::string to_duration(Micros duration);

/// A warmth as a JSON number writes it: "0.5", "1", ".70" is none; nothing for more than two decimals or out of 0 .. 1.
std::optional<Hundredths> parse_warmth(std::string_view text);

/// The day of the epoch in which 2026-05-11 is Day 97 (UTC).
std::int64_t day_of(Micros at);

/// "<trialId>-<YYYYMMDDTHHMMSSZ>"
std::string mecipol_id(std::string_view trial_id, Micros at);

}  // namespace helix::trial
