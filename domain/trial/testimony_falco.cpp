#include <algorithm>
#include <set>

#include "domain/trial/findings.hpp"
#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

Grade grade_of(FalcoPriority priority) {
    switch (priority) {
        case FalcoPriority::Emergency:
        case FalcoPriority::Alert:
        case FalcoPriority::Critical:
            return Grade::FalcoCritical;
        case FalcoPriority::Error:
            return Grade::FalcoHigh;
        case FalcoPriority::Warning:
            return Grade::FalcoMedium;
        case FalcoPriority::Notice:
            return Grade::FalcoLow;
        case FalcoPriority::Informational:
        case FalcoPriority::Debug:
            return Grade::Recorded;
    }
    return Grade::FalcoCritical;
}

/// A container ID without its runtime ("containerd://").
std::string_view bare_id(std::string_view id) {
    const std::size_t scheme = id.find("://");
    return scheme == std::string_view::npos ? id : id.substr(scheme + 3);
}

/// Falco gives the first 12 characters of a container's ID. Shorter ones ("host", "") tell nothing.
bool is_container(const PodContainer& container, std::string_view alert_id) {
    constexpr std::size_t kShortId = 12;
    const std::string_view id = bare_id(alert_id);
    return id.size() >= kShortId && bare_id(container.container_id).substr(0, id.size()) == id;
}

struct Place {
    const SubjectPod* pod = nullptr;
    const PodContainer* container = nullptr;
};

Place place_of(const Subject& subject, std::string_view container_id) {
    for (const SubjectPod& pod : subject.pods)
        for (const PodContainer& container : pod.containers)
            if (is_container(container, container_id)) return {&pod, &container};
    return {};
}

Micros time_of(const FalcoAlert& alert) {
    return alert.at > 0 ? alert.at : alert.received_at;
}

/// Of pods with one name (a StatefulSet's) the one that lived at that time.
bool names_current_pod(const FalcoAlert& alert, const Subject& subject) {
    if (alert.ns != subject.ns || alert.pod.empty()) return false;
    bool current = false;
    bool former = false;
    bool within_current = false;
    for (const SubjectPod& pod : subject.pods) {
        if (pod.name != alert.pod) continue;
        const Micros at = time_of(alert);
        const bool within = at >= pod.first_seen && (pod.alive || at <= pod.last_seen);
        current = current || pod.current;
        within_current = within_current || (pod.current && within);
        former = former || (!pod.current && within);
    }
    return within_current || (current && !former);
}

/// A pod that came and went unseen, or before this process was there: its name tells its ReplicaSet.
bool is_of_current_set(const FalcoAlert& alert, const Subject& subject) {
    if (alert.ns != subject.ns) return false;
    const std::string& name = alert.pod;
    if (std::any_of(subject.pods.begin(), subject.pods.end(), [&](const SubjectPod& pod) { return pod.name == name; }))
        return false;
    const std::size_t dash = name.rfind('-');
    if (dash == std::string::npos || dash + 1 == name.size()) return false;
    return std::any_of(subject.replica_sets.begin(), subject.replica_sets.end(), [&](const SubjectReplicaSet& set) {
        return set.current && name.compare(0, dash, set.name) == 0;
    });
}

/// "syscalls" is what falcosidekick writes where Falco names no source.
std::string source_of(const FalcoAlert& alert) {
    return alert.source.empty() || alert.source == "syscalls" ? "syscall" : alert.source;
}

Finding finding_of(const FalcoAlert& alert, const Subject& subject) {
    const Place place = place_of(subject, alert.container_id);
    Finding finding;
    finding.grade = grade_of(alert.priority);
    finding.policy = source_of(alert);
    finding.rule = alert.rule;
    finding.container = place.container != nullptr ? place.container->name : alert.container_name;
    finding.message = alert.output;
    finding.count = std::max<std::int64_t>(alert.count, 1);
    // One event may reach us by several ways, which agree on nothing but these.
    finding.carrier = std::to_string(alert.at) + " " + alert.pod + " " + std::string(bare_id(alert.container_id));
    finding.at = time_of(alert);
    if (place.pod != nullptr)
        finding.ref = {"Pod", subject.ns, place.pod->name, place.pod->uid, {}};
    else if (!alert.pod.empty())
        finding.ref = {"Pod", alert.ns, alert.pod, alert.pod_uid, {}};
    return finding;
}

/// What kept Falco from seeing all of the subject; empty: nothing.
std::string blind_spot(const FalcoStanding& standing, const Subject& subject) {
    const auto has = [](const std::vector<std::string>& nodes, const std::string& node) {
        return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
    };
    std::set<std::string> unwatched;
    for (const SubjectPod& pod : subject.pods) {
        if (!pod.current || pod.node.empty()) continue;
        const bool watched_now = !pod.alive || has(standing.ready_nodes, pod.node);
        if (!watched_now || has(standing.gaps, pod.node)) unwatched.insert(pod.node);
    }
    if (unwatched.empty()) return {};
    return "Falco did not watch node " + *unwatched.begin() + " all the time";
}

}  // namespace

bool is_internal(const FalcoAlert& alert) {
    constexpr std::string_view kOwn = "Falco internal:";
    return std::string_view(alert.rule).substr(0, kOwn.size()) == kOwn;
}

bool is_about(const FalcoAlert& alert, const Subject& subject) {
    if (subject.uid.empty()) return false;
    if (!alert.pod_uid.empty())
        for (const SubjectPod& pod : subject.pods)
            if (pod.uid == alert.pod_uid) return pod.current;
    if (const Place place = place_of(subject, alert.container_id); place.pod != nullptr) return place.pod->current;
    if (is_of_current_set(alert, subject)) return true;
    // A UID that is none of the subject's is a namesake's.
    return alert.pod_uid.empty() && names_current_pod(alert, subject);
}

Testimony falco_testimony(std::span<const FalcoAlert> alerts, std::span<const FalcoAlert> internal,
                          const FalcoStanding& standing, const Subject& subject, const Window& window) {
    const auto in_window = [&](const FalcoAlert& alert) {
        return time_of(alert) == 0 || time_of(alert) >= window.from;
    };
    Testimony testimony;
    testimony.gate = Gate::Falco;
    Findings findings;
    for (const FalcoAlert& alert : alerts) {
        if (!in_window(alert) || is_internal(alert)) continue;
        testimony.observed_at = std::max(testimony.observed_at, time_of(alert));
        findings.add(finding_of(alert, subject));
    }
    std::set<std::string> trouble;
    bool unattributed = false;
    for (const FalcoAlert& alert : internal) {
        if (!in_window(alert)) continue;
        if (!is_internal(alert))
            unattributed = true;
        else if (alert.rule == "Falco internal: metrics snapshot")  // a sign of life
            testimony.observed_at = std::max(testimony.observed_at, time_of(alert));
        else
            trouble.insert(alert.rule);
    }
    const auto set = [&](EvidenceState state, std::string why) {
        testimony.state = state;
        testimony.why = std::move(why);
    };
    const bool ran = std::any_of(subject.pods.begin(), subject.pods.end(),
                                 [](const SubjectPod& pod) { return pod.current && !pod.node.empty(); });
    const std::string blind = blind_spot(standing, subject);
    if (!standing.installed && findings.empty() && trouble.empty())
        set(EvidenceState::NotInstalled, "no Falco pod and no alert was ever seen here");
    else if (!standing.problem.empty())
        set(EvidenceState::Unreadable, standing.problem);
    else if (subject.uid.empty() || !ran)
        set(EvidenceState::Pending, "no pod of this revision has run yet");
    else if (!blind.empty())
        set(EvidenceState::Partial, blind);
    else if (!trouble.empty())
        set(EvidenceState::Partial, *trouble.begin());
    else if (unattributed)
        set(EvidenceState::Partial, "alerts from its nodes could be attributed to nobody");
    else if (standing.report_results >= FalcoStanding::kReportResultsMax)
        set(EvidenceState::Truncated, "falcosidekick's report is full: the oldest alerts are gone");
    else
        set(findings.empty() ? EvidenceState::Clean : EvidenceState::Violations, {});
    std::move(findings).put_into(testimony);
    return testimony;
}

}  // namespace helix::trial
