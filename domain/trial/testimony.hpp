#pragma once

#include <span>
#include <string>
#include <vector>

#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"

/// One function per gate: from what it wrote to what that says about the subject. Pure, total, deterministic: reports
/// in any order and any number of copies give the same testimony.
namespace helix::trial {

/// How often the gates look again; evidence older than twice that is stale.
struct Periods {
    Micros kyverno_scan = 3'600'000'000;
    Micros gatekeeper_audit = 60'000'000;
    Micros trivy_ttl = 86'400'000'000;  ///< after which the operator deletes a report and scans again
};

/// `check`: of the subject's generation, or an older one; nullptr while none was made.
Testimony conftest_testimony(const ManifestCheck* check, const Subject& subject);

/// Reports of both APIs; those that do not speak of the subject, or not from Kyverno, are passed over.
Testimony kyverno_testimony(std::span<const PolicyReport* const> reports, const Standing& standing,
                            const Subject& subject, const Window& window, const Periods& periods);

/// Every constraint of every served kind. `exempt`: the namespaces ("*" globs at either end) that Gatekeeper's Config
/// takes out of the audit.
Testimony gatekeeper_testimony(std::span<const Constraint* const> constraints, const Standing& standing,
                               const Subject& subject, const Window& window, const Periods& periods,
                               std::span<const std::string> exempt = {});

/// How Falco stands: it writes nothing into the cluster, so its pods tell whether it was looking.
struct FalcoStanding {
    bool installed = false;                ///< some Falco pod or an alert was ever seen here
    std::vector<std::string> ready_nodes;  ///< nodes with a ready Falco pod
    std::vector<std::string>
        gaps;  ///< nodes of the subject's pods on which Falco was not ready at some time of the window
    std::int64_t report_results = 0;  ///< results of the fullest report of falcosidekick, where alerts came by it
    std::string problem;              ///< why its pods cannot be read; empty: they can

    static constexpr std::int64_t kReportResultsMax = 1000;  ///< then falcosidekick drops the oldest
};

/// `alerts`: those attributed to the subject, its dead pods included. `internal`: Falco's own alerts about itself from
/// nodes that hosted the subject (drops, time-outs), or from anywhere when the node is not known; and alerts from such
/// nodes that can be attributed to nobody.
Testimony falco_testimony(std::span<const FalcoAlert> alerts, std::span<const FalcoAlert> internal,
                          const FalcoStanding& standing, const Subject& subject, const Window& window);

/// Whether an alert speaks of the subject: by pod UID, by namespace and pod name, or by container ID.
bool is_about(const FalcoAlert& alert, const Subject& subject);
/// "Falco internal: ..." : about Falco itself.
bool is_internal(const FalcoAlert& alert);

/// PolicyReport results of falcosidekick as alerts; its defective timestamps are passed over.
std::vector<FalcoAlert> falco_alerts_of(const PolicyReport& report);

/// Reports on the current revision, one per container; others are passed over.
Testimony trivy_testimony(std::span<const ImageReport* const> reports, const Standing& standing, const ScanScope& scope,
                          const Subject& subject, const Window& window, const Periods& periods = {});

}  // namespace helix::trial
