#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/trial/evidence.hpp"

/// What the gates wrote, read and trimmed: one struct per kind of report. Texts are as the gate wrote them.
namespace helix::trial {

/// An object that a report speaks of. Empty fields: the report does not say.
struct About {
    std::string kind;
    std::string ns;
    std::string name;
    std::string uid;

    friend bool operator==(const About&, const About&) = default;
};

enum class Outcome : std::uint8_t { Pass, Fail, Warn, Error, Skip };

/// One result of a PolicyReport (wgpolicyk8s.io) or Report (openreports.io).
struct PolicyResult {
    Outcome outcome = Outcome::Pass;
    std::string source;  ///< "kyverno", "ValidatingPolicy", "Falco", ...
    std::string policy;
    std::string rule;
    std::string severity;
    std::string message;
    std::string process;       ///< property "process": "background scan", "admission review"
    std::string exception;     ///< property "exceptions": the waiver's name
    Micros at = 0;             ///< Falco: property "evt.time"; 0: it does not say
    About about;               ///< the result's own resource; the report's scope when it names none
    std::string container;     ///< Falco: property "container.name"
    std::string container_id;  ///< Falco: property "container.id"

    friend bool operator==(const PolicyResult&, const PolicyResult&) = default;
};

struct PolicyReport {
    Ref ref;
    bool openreports = false;  ///< group openreports.io
    bool passes_kept = true;   ///< its statusFilter lets passes through
    std::string problem;       ///< why it cannot be read; then all but `ref` is empty. Empty: it can.
    std::vector<PolicyResult> results;

    friend bool operator==(const PolicyReport&, const PolicyReport&) = default;
};

enum class Enforcement : std::uint8_t { Deny, Warn, Dryrun, Scoped, Other };

/// One rule of `spec.match` of a Gatekeeper constraint. Empty lists match everything.
struct ConstraintMatch {
    struct Kinds {
        std::vector<std::string> groups;
        std::vector<std::string> kinds;
        friend bool operator==(const Kinds&, const Kinds&) = default;
    };
    std::vector<Kinds> kinds;
    std::vector<std::string> namespaces;           ///< "*" globs at either end
    std::vector<std::string> excluded_namespaces;  ///< likewise
    std::string name;                              ///< likewise; empty: any
    std::string scope;                             ///< "Namespaced", "Cluster", "*" or empty
    std::string source;                            ///< "Original", "Generated", "All" or empty
    cluster::SelectorTerm labels;
    cluster::SelectorTerm namespace_labels;

    friend bool operator==(const ConstraintMatch&, const ConstraintMatch&) = default;
};

struct ConstraintViolation {
    About about;
    std::string message;
    Enforcement action = Enforcement::Deny;

    friend bool operator==(const ConstraintViolation&, const ConstraintViolation&) = default;
};

/// A Gatekeeper constraint with its audit's status.
struct Constraint {
    Ref ref;  ///< its kind is the template's ("K8sRequiredLabels")
    Enforcement action = Enforcement::Deny;
    bool audited = true;                           ///< false: scoped, and the audit is not among its enforcement points
    Enforcement audit_action = Enforcement::Deny;  ///< what it means at the audit, for a scoped one
    ConstraintMatch match;
    Micros audited_at = 0;                        ///< status.auditTimestamp; 0: no audit yet
    std::int64_t total_violations = 0;            ///< status.totalViolations
    bool current = true;                          ///< the audit saw this generation, where status.byPod tells
    std::string problem;                          ///< first error that status.byPod names, or why it cannot be read
    std::vector<ConstraintViolation> violations;  ///< those the status lists, at most its limit

    friend bool operator==(const Constraint&, const Constraint&) = default;
};

/// What Gatekeeper's own configuration keeps out of its audit: no constraint looks there, whatever it covers.
struct AuditExemption {
    Ref ref;
    std::vector<std::string> namespaces;  ///< "*" globs at either end
    std::string problem;                  ///< why it cannot be read

    friend bool operator==(const AuditExemption&, const AuditExemption&) = default;
};

enum class FalcoPriority : std::uint8_t { Emergency, Alert, Critical, Error, Warning, Notice, Informational, Debug };

/// One Falco alert, however it came.
struct FalcoAlert {
    Micros at = 0;           ///< the event's own time
    Micros received_at = 0;  ///< when it reached us
    std::string rule;
    FalcoPriority priority = FalcoPriority::Debug;
    std::int64_t count = 1;  ///< how many alike it stands for: repeats are counted, not kept
    std::string source;      ///< "syscall", "k8s_audit", ...
    std::string hostname;
    std::string output;
    std::string uuid;  ///< of falcosidekick; empty: none
    std::string ns;    ///< empty: Falco could not tell
    std::string pod;
    std::string pod_uid;
    std::string container_id;
    std::string container_name;
    std::string image;

    friend bool operator==(const FalcoAlert&, const FalcoAlert&) = default;
};

struct Vulnerability {
    std::string id;        ///< "CVE-2024-3094"
    std::string severity;  ///< "CRITICAL", "HIGH", ...
    std::string resource;
    std::string fixed_in;  ///< empty: no fix yet

    friend bool operator==(const Vulnerability&, const Vulnerability&) = default;
};

/// What the Trivy operator's ConfigMap makes its scans leave out.
struct ScanSettings {
    Ref ref;
    bool leaves_out_grave = false;    ///< trivy.severity lacks CRITICAL or HIGH
    bool leaves_out_unfixed = false;  ///< trivy.ignoreUnfixed
    std::string problem;              ///< why it cannot be read

    friend bool operator==(const ScanSettings&, const ScanSettings&) = default;
};

/// The operator's settings: one object, wherever it is installed. Without them nobody knows what its scans leave out.
struct ScanScope {
    std::vector<ScanSettings> settings;
    std::string problem;  ///< why there may be others that were not read; empty: these are all
};

/// A VulnerabilityReport of the Trivy operator: one container of one workload.
struct ImageReport {
    Ref ref;
    About owner;  ///< the controller that was scanned: a Deployment's ReplicaSet
    std::string container;
    std::string repository;
    std::string tag;
    std::string digest;  ///< empty: it does not say
    std::string scanner_version;
    Micros updated_at = 0;
    bool superseded = false;    ///< marked for deletion by a TTL of 0 s
    std::string problem;        ///< why it cannot be read; then all but `ref` is empty. Empty: it can.
    std::int64_t critical = 0;  ///< the summary's counts
    std::int64_t high = 0;
    std::int64_t lower = 0;                      ///< medium, low and unknown together
    std::vector<Vulnerability> vulnerabilities;  ///< critical and high ones

    friend bool operator==(const ImageReport&, const ImageReport&) = default;
};

/// One finding of conftest.
struct ManifestFinding {
    enum class Kind : std::uint8_t { Deny, Warn, Exception };
    Kind kind = Kind::Deny;
    std::string policy;  ///< metadata "policy", else the namespace
    std::string rule;    ///< metadata "query"
    std::string container;
    std::string message;

    friend bool operator==(const ManifestFinding&, const ManifestFinding&) = default;
};

/// What `conftest test` said of one generation of the live manifest.
struct ManifestCheck {
    std::int64_t generation = 0;
    std::string manifest_hash;  ///< SHA-256 of the bytes judged, hex
    std::string policy_hash;    ///< SHA-256 over the policy bundle, hex
    std::string version;        ///< conftest's
    Micros at = 0;
    std::int64_t successes = 0;
    std::vector<ManifestFinding> findings;
    std::string problem;  ///< why there is no result: not to be run, not to be read; empty: there is one

    friend bool operator==(const ManifestCheck&, const ManifestCheck&) = default;
};

/// How a gate's API stands in the cluster.
struct Standing {
    enum class Served : std::uint8_t {
        No,       ///< not there
        Unread,   ///< there, and may not or cannot be read: see `problem`
        Listing,  ///< there, first list under way
        Current,  ///< there, and what we hold is what it holds
    };
    Served served = Served::No;
    std::string problem;

    friend bool operator==(const Standing&, const Standing&) = default;
};

}  // namespace helix::trial
