#include "domain/trial/findings.hpp"
#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

Grade grade_of(ManifestFinding::Kind kind) {
    switch (kind) {
        case ManifestFinding::Kind::Deny:
            return Grade::ConftestDeny;
        case ManifestFinding::Kind::Warn:
            return Grade::ConftestWarn;
        case ManifestFinding::Kind::Exception:
            return Grade::Waived;
    }
    return Grade::ConftestDeny;
}

/// The rule that a finding breaks. conftest names no more than the query; where the policy says nothing of itself
/// either, all rules of a namespace share one, and the message alone tells them apart.
std::string rule_of(const ManifestFinding& finding) {
    constexpr std::size_t kRuleBytesMax = 200;
    const std::string own_query = "data." + finding.policy + ".";
    if (finding.rule.substr(0, own_query.size()) != own_query) return finding.rule;
    return cut(finding.rule + ": " + finding.message, kRuleBytesMax);
}

}  // namespace

Testimony conftest_testimony(const ManifestCheck* check, const Subject& subject) {
    Testimony testimony;
    testimony.gate = Gate::Conftest;
    if (subject.uid.empty()) {
        testimony.why = "the subject is not there";
        return testimony;
    }
    if (check == nullptr || check->generation != subject.generation) {
        testimony.why = "the manifest of this generation has not been judged yet";
        return testimony;
    }
    testimony.observed_at = check->at;
    if (!check->problem.empty()) {  // its exit code does not tell a failure of the tool from one of the manifest
        testimony.state = EvidenceState::Unreadable;
        testimony.why = check->problem;
        return testimony;
    }
    if (check->successes == 0 && check->findings.empty()) {
        testimony.state = EvidenceState::NotCovering;
        testimony.why = "no policy looked at the manifest";
        return testimony;
    }
    const Ref manifest{subject.kind, subject.ns, subject.name, subject.uid, {}};
    Findings findings;
    for (const ManifestFinding& one : check->findings)
        findings.add({grade_of(one.kind), one.policy, rule_of(one), one.container, one.message, subject.uid, 1,
                      check->at, manifest});
    testimony.refs = {manifest};
    testimony.state = findings.empty() ? EvidenceState::Clean : EvidenceState::Violations;
    std::move(findings).put_into(testimony);
    return testimony;
}

}  // namespace helix::trial
