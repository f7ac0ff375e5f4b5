#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"
#include "domain/trial/testimony.hpp"

/// A subject, and reports about it, for tests: Deployment shop/web with three replicas, its second revision.
namespace helix::trial::testing {

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kRevision = 1'800'000'000 * kSecond;  ///< when the revision came; the trial began with it
inline constexpr Micros kNow = kRevision + 3 * kHour;
inline constexpr Window kWindow{kRevision, kNow};
inline const Standing kServed{Standing::Served::Current, {}};

inline std::string digest(char letter) {
    return "sha256:" + std::string(64, letter);
}

inline SubjectPod pod(const std::string& name, bool current = true) {
    SubjectPod pod;
    pod.uid = "uid-" + name;
    pod.name = name;
    pod.node = "node-1";
    pod.current = current;
    pod.alive = current;
    pod.first_seen = current ? kRevision + kSecond : kRevision - kHour;
    pod.last_seen = current ? kNow : kRevision;
    for (const char* container : {"web", "proxy"})
        pod.containers.push_back({container, std::string("docker.io/shop/") + container + "@" + digest('a'),
                                  "containerd://" + name + "-" + container + "-0123456789abcdef"});
    return pod;
}

inline Subject web() {
    Subject subject;
    subject.kind = "Deployment";
    subject.ns = "shop";
    subject.name = "web";
    subject.uid = "uid-web";
    subject.generation = 7;
    subject.labels = {{"app", "web"}};
    subject.template_labels = {{"app", "web"}, {"tier", "front"}};
    subject.namespace_labels = {{"kubernetes.io/metadata.name", "shop"}, {"team", "blue"}};
    subject.containers = {{"web", "shop/web:1", false, true}, {"proxy", "shop/proxy:1", false, true}};
    subject.replica_sets = {{"uid-web-1", "web-1", false}, {"uid-web-2", "web-2", true}};
    subject.pods = {pod("web-1-aaaaa", false), pod("web-2-bbbbb"), pod("web-2-ccccc"), pod("web-2-ddddd")};
    subject.revision_since = kRevision;
    return subject;
}

/// "Deployment/web" and the like, in shop, with the UID that the subject's objects have.
inline About about(const std::string& kind, const std::string& name) {
    return {kind, "shop", name, "uid-" + name};
}

/// The Deployment, its current ReplicaSet and its three pods.
inline std::vector<About> everything() {
    return {about("Deployment", "web"), about("ReplicaSet", "web-2"), about("Pod", "web-2-bbbbb"),
            about("Pod", "web-2-ccccc"), about("Pod", "web-2-ddddd")};
}

template <class T>
std::vector<const T*> pointers_to(const std::vector<T>& values) {
    std::vector<const T*> pointers;
    for (const T& value : values) pointers.push_back(&value);
    return pointers;
}

inline PolicyResult result(Outcome outcome, About about, std::string rule = "check-tag", Micros at = kNow - kMinute) {
    PolicyResult result;
    result.outcome = outcome;
    result.source = "kyverno";
    result.policy = "disallow-latest";
    result.rule = std::move(rule);
    result.message = "rule " + result.rule;
    result.process = "background scan";
    result.at = at;
    result.about = std::move(about);
    return result;
}

/// A report as Kyverno writes it: about one object, named by its UID.
inline PolicyReport report(std::vector<PolicyResult> results) {
    PolicyReport report;
    const std::string uid = results.empty() ? "none" : results.front().about.uid;
    report.ref = {"PolicyReport", "shop", uid, "report-" + uid, "1"};
    report.results = std::move(results);
    return report;
}

inline Testimony kyverno(const std::vector<PolicyReport>& reports, const Subject& subject = web(),
                         const Window& window = kWindow) {
    return kyverno_testimony(pointers_to(reports), kServed, subject, window, {});
}

/// A constraint on Pods, audited a moment ago.
inline Constraint constraint(std::string name = "pods-need-owner") {
    Constraint constraint;
    constraint.ref = {"K8sRequiredLabels", "", name, "uid-" + name, "1"};
    constraint.match.kinds = {{{""}, {"Pod"}}};
    constraint.audited_at = kNow - 10 * kSecond;
    return constraint;
}

inline ConstraintViolation violation(const std::string& kind, const std::string& name,
                                     std::string message = "you must provide labels: {\"owner\"}") {
    return {{kind, "shop", name, {}}, std::move(message), Enforcement::Deny};
}

inline Constraint violated(std::vector<ConstraintViolation> violations) {
    Constraint one = constraint();
    one.total_violations = static_cast<std::int64_t>(violations.size());
    one.violations = std::move(violations);
    return one;
}

inline Testimony gatekeeper(const std::vector<Constraint>& constraints, const Subject& subject = web(),
                            const std::vector<std::string>& exempt = {}) {
    return gatekeeper_testimony(pointers_to(constraints), kServed, subject, kWindow, {}, exempt);
}

inline FalcoAlert alert(FalcoPriority priority, std::string rule = "Terminal shell in container",
                        Micros at = kNow - kMinute) {
    FalcoAlert alert;
    alert.at = at;
    alert.received_at = at + kSecond;
    alert.rule = std::move(rule);
    alert.priority = priority;
    alert.source = "syscall";
    alert.output = "a shell was spawned";
    alert.ns = "shop";
    alert.pod = "web-2-bbbbb";
    alert.container_id = "web-2-bbbbb-web-0123";
    return alert;
}

inline FalcoStanding watching() {
    FalcoStanding standing;
    standing.installed = true;
    standing.ready_nodes = {"node-1"};
    return standing;
}

inline Testimony falco(const std::vector<FalcoAlert>& alerts, const std::vector<FalcoAlert>& internal = {},
                       const FalcoStanding& standing = watching(), const Subject& subject = web()) {
    return falco_testimony(alerts, internal, standing, subject, kWindow);
}

inline ImageReport image(const std::string& container, std::vector<Vulnerability> vulnerabilities = {}) {
    ImageReport report;
    report.ref = {"VulnerabilityReport", "shop", "replicaset-web-2-" + container, "uid-report-" + container, "1"};
    report.owner = about("ReplicaSet", "web-2");
    report.container = container;
    report.digest = digest('a');
    report.updated_at = kNow - kHour;
    for (const Vulnerability& one : vulnerabilities) (one.severity == "CRITICAL" ? report.critical : report.high) += 1;
    report.vulnerabilities = std::move(vulnerabilities);
    return report;
}

/// The operator's settings as it is installed.
inline ScanSettings scan_settings() {
    return {{"ConfigMap", "trivy-system", "trivy-operator-trivy-config", "uid-settings", "1"}, false, false, {}};
}

inline Testimony trivy(const std::vector<ImageReport>& reports, const Subject& subject = web(),
                       const ScanScope& scope = {{scan_settings()}, {}}) {
    return trivy_testimony(pointers_to(reports), kServed, scope, subject, kWindow);
}

}  // namespace helix::trial::testing
