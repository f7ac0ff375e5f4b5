#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "domain/trial/findings.hpp"
#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

/// "sha256:..." of an image ID or a digest; empty when there is none.
std::string_view digest_of(std::string_view image) {
    const std::size_t at = image.rfind("sha256:");
    return at == std::string_view::npos ? std::string_view{} : image.substr(at);
}

/// What runs under a container's name in living pods of the revision.
std::set<std::string_view> running_digests(const Subject& subject, const std::string& container) {
    std::set<std::string_view> digests;
    for (const SubjectPod& pod : subject.pods) {
        if (!pod.current || !pod.alive) continue;
        for (const PodContainer& one : pod.containers)
            // Without a repository it is the ID of the image's configuration, which no report names.
            if (one.name == container && one.image_id.find("@sha256:") != std::string::npos)
                digests.insert(digest_of(one.image_id));
    }
    return digests;
}

/// Containers of the template, and those that something put into the pods beside them.
std::set<std::string> containers_of(const Subject& subject) {
    std::set<std::string> names;
    for (const TemplateContainer& container : subject.containers) names.insert(container.name);
    for (const SubjectPod& pod : subject.pods)
        if (pod.current && pod.alive)
            for (const PodContainer& container : pod.containers) names.insert(container.name);
    return names;
}

/// Whether the report's owner is what the operator scans for the current revision.
bool is_of_revision(const ImageReport& report, const Subject& subject) {
    if (report.superseded) return false;
    const Part part = part_of(subject, report.owner);
    return part.kind == (subject.kind == "Deployment" ? Part::Kind::ReplicaSet : Part::Kind::Workload);
}

/// Whether the image that was scanned is the one that runs: a tag may have been moved, and a StatefulSet's report does
/// not name the revision.
bool is_of_image(const ImageReport& report, const Subject& subject) {
    const std::string_view scanned = digest_of(report.digest);
    const auto running = running_digests(subject, report.container);
    if (!scanned.empty() && !running.empty()) return running.size() == 1 && *running.begin() == scanned;
    return subject.kind == "Deployment" || report.updated_at >= subject.revision_since;
}

void add_vulnerabilities(const ImageReport& report, const Subject& subject, Findings& findings) {
    const auto add = [&](Grade grade, std::string rule, std::string message, std::string carrier, std::int64_t count) {
        findings.add({grade,
                      {},
                      std::move(rule),
                      report.container,
                      std::move(message),
                      std::move(carrier),
                      count,
                      report.updated_at,
                      report.ref});
    };
    bool critical_named = false;
    bool high_named = false;
    for (const Vulnerability& one : report.vulnerabilities) {
        const bool critical = one.severity == "CRITICAL";
        if (!critical && one.severity != "HIGH") continue;
        (critical ? critical_named : high_named) = true;
        add(critical ? Grade::TrivyCritical : Grade::TrivyHigh, one.id,
            one.resource + ": " + (one.fixed_in.empty() ? "no fix yet" : "fixed in " + one.fixed_in), one.resource, 1);
    }
    // The summary is believed where the list says less.
    if (report.critical > 0 && !critical_named)
        add(Grade::TrivyCritical, "critical, not listed", "the report's summary counts them", subject.uid,
            report.critical);
    if (report.high > 0 && !high_named)
        add(Grade::TrivyHigh, "high, not listed", "the report's summary counts them", subject.uid, report.high);
    if (report.lower > 0)
        add(Grade::Recorded, "below high", "medium, low and unknown ones weigh nothing", subject.uid, report.lower);
}

/// The newest report on each container of what runs now.
std::map<std::string, const ImageReport*> by_container(std::span<const ImageReport* const> reports,
                                                       const Subject& subject) {
    std::map<std::string, const ImageReport*> newest;
    const auto rank = [](const ImageReport& report) {
        return std::tie(report.updated_at, report.ref.resource_version, report.ref.uid, report.ref.name);
    };
    for (const ImageReport* report : reports) {
        if (!report->problem.empty() || !is_of_revision(*report, subject) || !is_of_image(*report, subject)) continue;
        const ImageReport*& held = newest[report->container];
        if (held == nullptr || rank(*held) < rank(*report)) held = report;
    }
    return newest;
}

/// The first of the unreadable reports in the subject's namespace; one of them may be the one that is missing.
std::string unreadable_in(std::span<const ImageReport* const> reports, const Subject& subject) {
    std::string first;
    for (const ImageReport* report : reports) {
        if (report->problem.empty() || report->ref.ns != subject.ns) continue;
        std::string text = "report " + report->ref.name + " cannot be read: " + report->problem;
        if (first.empty() || text < first) first = std::move(text);
    }
    return first;
}

/// Why a report without a finding does not mean that there is none; empty: it does.
std::string left_out(const ScanScope& scope) {
    std::string why;
    const auto worse = [&](bool holds, const ScanSettings& settings, const std::string& what) {
        if (holds && why.empty()) why = what + " (ConfigMap " + settings.ref.ns + "/" + settings.ref.name + ")";
    };
    for (const ScanSettings& one : scope.settings)
        worse(one.leaves_out_grave, one, "its scans leave out critical or high vulnerabilities");
    for (const ScanSettings& one : scope.settings)
        worse(one.leaves_out_unfixed, one, "its scans leave out vulnerabilities without a fix");
    for (const ScanSettings& one : scope.settings)
        worse(!one.problem.empty(), one, "what its scans leave out is not known: " + one.problem);
    if (!why.empty()) return why;
    if (!scope.problem.empty()) return "what its scans leave out is not known: " + scope.problem;
    return scope.settings.empty() ? "what its scans leave out is not known: its ConfigMap is not there" : "";
}

}  // namespace

Testimony trivy_testimony(std::span<const ImageReport* const> reports, const Standing& standing, const ScanScope& scope,
                          const Subject& subject, const Window& window, const Periods& periods) {
    if (auto early = unheard(Gate::Trivy, standing, subject)) return *std::move(early);
    const auto held = by_container(reports, subject);
    std::string missing;
    for (const std::string& name : containers_of(subject))
        if (missing.empty() && !held.contains(name)) missing = name;
    Testimony testimony;
    testimony.gate = Gate::Trivy;
    Findings findings;
    bool stale = false;
    for (const auto& [container, report] : held) {
        add_vulnerabilities(*report, subject, findings);
        testimony.observed_at = std::max(testimony.observed_at, report->updated_at);
        testimony.refs.push_back(report->ref);
        stale = stale || report->updated_at < window.now - 2 * periods.trivy_ttl;
    }
    for (const ScanSettings& one : scope.settings) testimony.refs.push_back(one.ref);
    testimony.refs = some_of(std::move(testimony.refs));
    const auto set = [&](EvidenceState state, std::string why) {
        testimony.state = state;
        testimony.why = std::move(why);
    };
    if (const std::string unreadable = unreadable_in(reports, subject); !missing.empty() && !unreadable.empty())
        set(EvidenceState::Unreadable, unreadable);
    else if (held.empty())  // never scanned, of another image, or its time ran out: the operator scans again then
        set(EvidenceState::Pending, "no report on the images that run now");
    else if (!missing.empty())
        set(EvidenceState::Partial, "no report on the image that runs as container " + missing);
    else if (const std::string unknown = left_out(scope); !unknown.empty())
        set(EvidenceState::Partial, unknown);
    else if (stale)
        set(EvidenceState::Stale, "a report is older than twice its time to live");
    else
        set(findings.empty() ? EvidenceState::Clean : EvidenceState::Violations, {});
    std::move(findings).put_into(testimony);
    return testimony;
}

}  // namespace helix::trial
