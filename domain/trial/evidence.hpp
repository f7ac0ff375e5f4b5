#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/cluster/pod_shape.hpp"
#include "domain/trial/law.hpp"

namespace helix::trial {

using cluster::Micros;

/// How far a gate's word can be relied on. Absence of evidence is never cleanliness: only Clean earns a bonus.
enum class EvidenceState : std::uint8_t {
    NotInstalled,  ///< its API is not served here
    Unreadable,    ///< we may not read it (403), or could not (time-out, malformed)
    NotCovering,   ///< it is there, but no rule of it looks at the subject
    Pending,       ///< no report on this revision yet
    Stale,         ///< its report is older than its own period allows
    Partial,       ///< it did not see everything: dropped events, an uncovered node, a missing container
    Truncated,     ///< its list was cut short: the subject may be in what was cut
    Clean,         ///< it looked at everything and found nothing
    Violations,    ///< it looked and found something
};

/// "NOT_INSTALLED", "CLEAN", ...
std::string_view to_string(EvidenceState state);

/// Whether the gate has spoken about all of the subject.
constexpr bool has_testified(EvidenceState state) {
    return state == EvidenceState::Clean || state == EvidenceState::Violations;
}

/// An object that evidence was read from, as it was then; it may be gone when a verdict cites it.
struct Ref {
    std::string kind;
    std::string ns;
    std::string name;
    std::string uid;
    std::string resource_version;

    friend bool operator==(const Ref&, const Ref&) = default;
};

/// One defect, however many objects carry it: unique by (gate, policy, rule, container).
struct Defect {
    Grade grade = Grade::Recorded;
    std::string policy;      ///< conftest: the policy's name; Trivy: ""; Falco: the event source
    std::string rule;        ///< rule, or CVE
    std::string container;   ///< empty: the whole workload
    std::string message;     ///< as the gate said it, cut to kMessageBytesMax
    std::int64_t count = 1;  ///< raw: objects or alerts that carried it
    Micros first_at = 0;
    Micros last_at = 0;
    std::vector<Ref> refs;  ///< at most kRefsMax

    static constexpr std::size_t kMessageBytesMax = 512;
    static constexpr std::size_t kRefsMax = 4;

    friend bool operator==(const Defect&, const Defect&) = default;
};

/// What one gate has to say about the subject.
struct Testimony {
    Gate gate = Gate::Conftest;
    EvidenceState state = EvidenceState::Pending;
    std::string why;              ///< why it is in that state, for people; empty for Clean and Violations
    std::vector<Defect> defects;  ///< sorted by (policy, rule, container)
    std::int64_t raw = 0;         ///< findings before they were counted once each
    Micros observed_at = 0;       ///< the newest sign of life that the state rests on
    std::vector<Ref> refs;        ///< what a Clean rests on, at most Defect::kRefsMax

    friend bool operator==(const Testimony&, const Testimony&) = default;
};

}  // namespace helix::trial
