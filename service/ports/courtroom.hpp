#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"
#include "domain/trial/trial.hpp"

namespace helix::ports {

/// What the gates have written about one namespace, and how their APIs stand.
struct CourtEvidence {
    std::vector<std::shared_ptr<const trial::PolicyReport>> policy_reports;
    std::vector<std::shared_ptr<const trial::Constraint>> constraints;
    std::vector<std::shared_ptr<const trial::ImageReport>> image_reports;
    std::vector<std::string> audit_exempt;  ///< namespaces that Gatekeeper's audit passes over; "*" globs
    trial::Standing kyverno;
    trial::Standing gatekeeper;
    trial::Standing trivy;
    trial::ScanScope scan_scope;
};

/// A workload as it stands now.
struct LiveSubject {
    std::string manifest;    ///< the object as JSON, as the API server gave it
    trial::Subject subject;  ///< without its ReplicaSets, its pods and its namespace's labels
};

/// Something to be seen with `kubectl describe`: a Kubernetes Event on a trial.
struct CourtNotice {
    bool warning = false;
    std::string reason;  ///< "VerdictChanged"
    std::string message;
};

/// The part of a cluster that the court works with: trials, the gates' reports, and the trials' own status.
///
/// What is watched costs no request while nothing changes. Thread safety: any method from any thread.
class Courtroom {
public:
    virtual ~Courtroom() = default;

    /// How the API of TrendalTrials stands; Current once every trial is known.
    [[nodiscard]] virtual trial::Standing trials_standing() const = 0;
    /// Every trial, by namespace and name.
    [[nodiscard]] virtual std::vector<std::shared_ptr<const trial::Trial>> trials() const = 0;

    /// From now on the reports of these namespaces are kept, and no others. A namespace that is new is read at once;
    /// until then the gates stand as Listing for it.
    virtual void follow(const std::set<std::string>& namespaces) = 0;
    [[nodiscard]] virtual CourtEvidence evidence(const std::string& ns) const = 0;
    /// Grows whenever what evidence(ns) answers may have changed.
    [[nodiscard]] virtual std::uint64_t evidence_version(const std::string& ns) const = 0;

    /// Errors: NotFound, PermissionDenied, Unavailable, InvalidArgument (not to be read).
    virtual Result<LiveSubject> subject(const trial::SubjectRef& subject) = 0;
    /// The pod with its containers' images and IDs; `current` and the times are left to the caller. Errors: as subject.
    virtual Result<trial::SubjectPod> pod(const std::string& ns, const std::string& name) = 0;
    virtual Result<cluster::Labels> namespace_labels(const std::string& ns) = 0;

    /// Whether the admission policy is in force that lets an approval carry no other name than its author's, and was so
    /// before the trial was made: what was written without it tells nothing of its author.
    virtual Result<bool> approvals_guarded(const trial::Trial& trial) = 0;

    /// Replaces the status of that very trial (uid).
    /// @return the Trial::status_digest by which the docket will tell it. Errors: NotFound, Conflict, PermissionDenied,
    /// Unavailable.
    virtual Result<std::uint64_t> write_status(const trial::Trial& trial, const std::string& status_json) = 0;
    /// Puts the PolicyReport that belongs to the trial in its place. Where no such API is served nothing happens.
    /// Errors: PermissionDenied, Unavailable.
    virtual Result<void> publish_report(const trial::Trial& trial, const std::string& report_json) = 0;
    /// Tells of something on the trial. Errors: PermissionDenied, Unavailable.
    virtual Result<void> tell(const trial::Trial& trial, const CourtNotice& notice) = 0;

    /// Calls `listener` after trials or evidence have changed; from the target's own thread; must not block.
    virtual void on_docket_change(std::function<void()> listener) = 0;
};

}  // namespace helix::ports
