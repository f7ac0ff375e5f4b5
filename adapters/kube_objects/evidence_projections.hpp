#pragma once

#include <cstdint>
#include <string_view>

#include "adapters/kube_objects/evidence_reader.hpp"
#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"
#include "domain/trial/trial.hpp"

/// One function per kind of trial or report, each reading one JSON object into one struct. They throw Malformed or
/// simdjson_error unless told otherwise; read_or_mark makes a marked report of that.
namespace helix::kube_objects {

/// A PolicyReport or ClusterPolicyReport of wgpolicyk8s.io, or a Report or ClusterReport of openreports.io.
trial::PolicyReport read_policy_report(JsonObject& object, bool openreports);

/// Any kind of constraints.gatekeeper.sh.
trial::Constraint read_constraint(JsonObject& object);

/// A Config of config.gatekeeper.sh, as far as it says what the audit passes over.
trial::AuditExemption read_audit_exemption(JsonObject& object);

/// A VulnerabilityReport of the Trivy operator.
trial::ImageReport read_image_report(JsonObject& object);

/// The ConfigMap in which the Trivy operator is told what to scan for.
trial::ScanSettings read_scan_settings(JsonObject& object);

/// A TrendalTrial. A spec that cannot be read is told in `problem`; metadata and status are read all the same.
/// Reads the text twice and throws nothing.
trial::Trial read_trial(ItemText& item);

/// A Deployment, StatefulSet or DaemonSet as far as a trial asks: without its ReplicaSets, pods and namespace's labels.
trial::Subject read_subject(Value& value);

/// A live pod; whether it is of the current revision and when it was seen is not told.
trial::SubjectPod read_subject_pod(Value& value);

/// A digest of a JSON value that is blind to white space, to the order of fields, to fields that are null and to how
/// characters are escaped. Never 0.
std::uint64_t meaning_digest(Value& value);

}  // namespace helix::kube_objects
