#include <algorithm>
#include <limits>

#include "domain/trial/constraint_match.hpp"
#include "domain/trial/findings.hpp"
#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

/// Audit reports on an object that a template would make under the name of its maker, with this before the message.
std::string_view without_implied(std::string_view message) {
    if (message.substr(0, 12) != "[Implied by ") return message;
    const std::size_t end = message.find("] ");
    return end == std::string_view::npos ? message : message.substr(end + 2);
}

Grade grade_of(const Constraint& constraint, Enforcement action) {
    if (action == Enforcement::Scoped) action = constraint.audit_action;
    if (action == Enforcement::Deny) return Grade::GatekeeperViolation;
    return action == Enforcement::Warn ? Grade::GatekeeperWarn : Grade::Recorded;
}

/// Objects of one kind, of which one must have been there when the audit began.
struct TargetKind {
    std::vector<Target> targets;
    std::vector<Micros> since;
};

std::vector<TargetKind> targets_of(const Subject& subject) {
    std::vector<TargetKind> kinds;
    kinds.push_back({{{"apps", subject.kind, subject.name, &subject.labels, true}}, {subject.revision_since}});
    for (const SubjectReplicaSet& set : subject.replica_sets)
        if (set.current)
            kinds.push_back(
                {{{"apps", "ReplicaSet", set.name, &subject.template_labels, true}}, {subject.revision_since}});
    TargetKind pods;
    for (const SubjectPod& pod : subject.pods) {
        if (!pod.current) continue;
        pods.targets.push_back({"", "Pod", pod.name, &subject.template_labels, true});
        pods.since.push_back(pod.first_seen);
    }
    if (pods.targets.empty()) {  // none yet: who looks at pods has not looked at this subject
        pods.targets.push_back({"", "Pod", {}, &subject.template_labels, false});
        pods.since.push_back(std::numeric_limits<Micros>::max());
    }
    kinds.push_back(std::move(pods));
    return kinds;
}

class Audit {
public:
    Audit(const Subject& subject, const Window& window, const Periods& periods)
        : subject_(subject), kinds_(targets_of(subject)), oldest_fresh_(window.now - 2 * periods.gatekeeper_audit) {}

    void hear(const Constraint& constraint, bool exempt) {
        const bool listed = add_violations(constraint);
        bool covering = false;
        bool seen = true;
        for (const TargetKind& kind : kinds_) {
            const Look look = look_of(constraint, kind);
            covering = covering || look.covers;
            seen = seen && (!look.covers || look.seen);
        }
        covering = covering && constraint.audited && !exempt;
        if (!covering && !listed) return;
        covered_ = true;
        testimony_.observed_at = std::max(testimony_.observed_at, constraint.audited_at);
        testimony_.refs.push_back(constraint.ref);
        doubt(constraint, seen, listed);
    }

    Testimony testify() && {
        testimony_.gate = Gate::Gatekeeper;
        testimony_.refs = some_of(std::move(testimony_.refs));
        if (!covered_) {
            testimony_.state = EvidenceState::NotCovering;
            testimony_.why = "no constraint looks at it";
        } else if (doubtful_) {
            testimony_.state = worst_;
            testimony_.why = why_;
        } else {
            testimony_.state = findings_.empty() ? EvidenceState::Clean : EvidenceState::Violations;
        }
        std::move(findings_).put_into(testimony_);
        return std::move(testimony_);
    }

private:
    struct Look {
        bool covers = false;
        bool seen = false;
    };

    [[nodiscard]] Look look_of(const Constraint& constraint, const TargetKind& kind) const {
        Look look;
        for (std::size_t i = 0; i < kind.targets.size(); ++i) {
            if (!covers(constraint.match, kind.targets[i], subject_)) continue;
            look.covers = true;
            look.seen = look.seen || constraint.audited_at >= kind.since[i];
        }
        return look;
    }

    /// A violation names no UID: it is the subject's when the audit is younger than the object of that name.
    bool add_violations(const Constraint& constraint) {
        bool listed = false;
        for (const ConstraintViolation& violation : constraint.violations) {
            About about = violation.about;
            about.uid.clear();
            const Part part = part_of(subject_, about);
            if (part.kind == Part::Kind::None || constraint.audited_at < part.since) continue;
            listed = true;
            const std::string_view message = without_implied(violation.message);
            findings_.add({grade_of(constraint, violation.action), constraint.ref.kind, constraint.ref.name,
                           container_named_in(message, subject_), std::string(message), part.uid, 1,
                           constraint.audited_at, constraint.ref});
        }
        return listed;
    }

    /// Notes what keeps this constraint from having said everything; the one that knows least decides.
    void doubt(const Constraint& constraint, bool seen, bool listed) {
        const std::string name = constraint.ref.kind + "/" + constraint.ref.name;
        if (constraint.audited_at == 0) return note(EvidenceState::Pending, name + " has not been audited yet");
        if (!constraint.current)
            return note(EvidenceState::Pending, name + " has changed, and the audit has not seen that yet");
        if (constraint.audited_at < oldest_fresh_)
            return note(EvidenceState::Stale, name + " has not been audited for two intervals");
        if (!seen) return note(EvidenceState::Pending, name + " has not been audited since this revision came");
        if (!constraint.problem.empty()) return note(EvidenceState::Partial, name + ": " + constraint.problem);
        const bool truncated = constraint.total_violations > static_cast<std::int64_t>(constraint.violations.size());
        if (truncated && !listed)
            note(EvidenceState::Truncated,
                 name + " lists not all of its violations, and the subject is not among them");
    }

    void note(EvidenceState state, std::string why) {
        const bool worse = !doubtful_ || state < worst_ || (state == worst_ && why < why_);
        if (!worse) return;
        doubtful_ = true;
        worst_ = state;
        why_ = std::move(why);
    }

    const Subject& subject_;
    std::vector<TargetKind> kinds_;
    Micros oldest_fresh_;
    Testimony testimony_;
    Findings findings_;
    bool covered_ = false;
    bool doubtful_ = false;
    EvidenceState worst_ = EvidenceState::Pending;
    std::string why_;
};

}  // namespace

Testimony gatekeeper_testimony(std::span<const Constraint* const> constraints, const Standing& standing,
                               const Subject& subject, const Window& window, const Periods& periods,
                               std::span<const std::string> exempt) {
    if (auto early = unheard(Gate::Gatekeeper, standing, subject)) return *std::move(early);
    const bool is_exempt = std::any_of(exempt.begin(), exempt.end(),
                                       [&](const std::string& glob) { return glob_matches(glob, subject.ns); });
    Audit audit(subject, window, periods);
    for (const Constraint* constraint : constraints) audit.hear(*constraint, is_exempt);
    return std::move(audit).testify();
}

}  // namespace helix::trial
