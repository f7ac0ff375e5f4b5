#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

/// falcosidekick's severities, and where it gives none its results, read as gravely as they can be meant.
FalcoPriority priority_of(const PolicyResult& result) {
    if (result.severity == "critical") return FalcoPriority::Critical;
    if (result.severity == "high") return FalcoPriority::Error;
    if (result.severity == "medium") return FalcoPriority::Warning;
    if (result.severity == "low") return FalcoPriority::Notice;
    if (result.severity == "info") return FalcoPriority::Informational;
    if (result.outcome == Outcome::Skip || result.outcome == Outcome::Pass) return FalcoPriority::Notice;
    return result.outcome == Outcome::Warn ? FalcoPriority::Warning : FalcoPriority::Critical;
}

}  // namespace

std::vector<FalcoAlert> falco_alerts_of(const PolicyReport& report) {
    constexpr Micros kMinute = 60'000'000;
    std::vector<FalcoAlert> alerts;
    for (const PolicyResult& result : report.results) {
        if (result.source != "Falco") continue;
        FalcoAlert& alert = alerts.emplace_back();
        alert.at = result.at < kMinute ? 0 : result.at;  // the second within the minute is no time
        alert.rule = result.rule;
        alert.priority = priority_of(result);
        alert.source = result.policy;
        alert.output = result.message;
        alert.container_id = result.container_id;
        alert.container_name = result.container;
        if (result.about.kind != "Pod" && !result.about.kind.empty()) continue;
        alert.ns = result.about.ns;
        alert.pod = result.about.name;
        alert.pod_uid = result.about.uid;
    }
    return alerts;
}

}  // namespace helix::trial
