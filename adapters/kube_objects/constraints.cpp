#include <algorithm>
#include <optional>

#include "adapters/kube_objects/evidence_projections.hpp"
#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

using trial::Constraint;
using trial::ConstraintMatch;
using trial::ConstraintViolation;
using trial::Enforcement;

Enforcement enforcement_of(std::string_view text) {
    if (text.empty() || text == "deny") return Enforcement::Deny;
    if (text == "warn") return Enforcement::Warn;
    if (text == "dryrun") return Enforcement::Dryrun;
    if (text == "scoped") return Enforcement::Scoped;
    return Enforcement::Other;
}

/// The graver of two: the enumeration begins with the gravest.
Enforcement graver(std::optional<Enforcement> one, Enforcement other) {
    return one ? std::min(*one, other) : other;
}

std::vector<std::string> read_texts(Value& value) {
    std::vector<std::string> texts;
    each_item(value, [&](Value& one) {
        expect_room(texts);
        texts.push_back(cut_text_of(one));
    });
    return texts;
}

ConstraintMatch read_match(Value& value) {
    ConstraintMatch match;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "namespaces") match.namespaces = read_texts(field);
        if (key == "excludedNamespaces") match.excluded_namespaces = read_texts(field);
        if (key == "name") match.name = cut_text_of(field);
        if (key == "scope") match.scope = cut_text_of(field);
        if (key == "source") match.source = cut_text_of(field);
        if (key == "labelSelector") read_label_selector(field, match.labels);
        if (key == "namespaceSelector") read_label_selector(field, match.namespace_labels);
        if (key != "kinds") return;
        each_item(field, [&](Value& one) {
            expect_room(match.kinds);
            ConstraintMatch::Kinds& kinds = match.kinds.emplace_back();
            each_field(one, [&](std::string_view part, Value& inner) {
                if (part == "apiGroups") kinds.groups = read_texts(inner);
                if (part == "kinds") kinds.kinds = read_texts(inner);
            });
        });
    });
    return match;
}

/// One scoped action: what it asks for at the audit, or nothing when it does not name the audit.
std::optional<Enforcement> read_scoped_action(Value& value) {
    Enforcement action = Enforcement::Deny;
    bool names_audit = false;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "action") action = enforcement_of(view_of(field));
        if (key != "enforcementPoints") return;
        each_item(field, [&](Value& point) {
            each_field(point, [&](std::string_view part, Value& inner) {
                if (part != "name") return;
                const std::string_view name = view_of(inner);
                names_audit = names_audit || name == "audit.gatekeeper.sh" || name == "*";
            });
        });
    });
    return names_audit ? std::optional(action) : std::nullopt;
}

void read_constraint_spec(Value& value, Constraint& constraint) {
    std::optional<Enforcement> at_audit;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "enforcementAction") constraint.action = enforcement_of(view_of(field));
        if (key == "match") constraint.match = read_match(field);
        if (key == "scopedEnforcementActions")
            each_item(field, [&](Value& one) {
                if (const auto action = read_scoped_action(one)) at_audit = graver(at_audit, *action);
            });
    });
    const bool scoped = constraint.action == Enforcement::Scoped;
    constraint.audited = !scoped || at_audit.has_value();
    constraint.audit_action = scoped ? at_audit.value_or(Enforcement::Scoped) : constraint.action;
}

/// A violation of a scoped constraint lists the actions that it led to; else its action is the constraint's own.
ConstraintViolation read_violation(Value& value) {
    ConstraintViolation violation;
    std::optional<Enforcement> gravest;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "kind") violation.about.kind = cut_text_of(field);
        if (key == "namespace") violation.about.ns = cut_text_of(field);
        if (key == "name") violation.about.name = cut_text_of(field);
        if (key == "message") violation.message = cut_text_of(field);
        if (key == "enforcementAction") violation.action = enforcement_of(view_of(field));
        if (key == "enforcementActions")
            each_item(field, [&](Value& one) { gravest = graver(gravest, enforcement_of(view_of(one))); });
    });
    if (violation.action == Enforcement::Scoped && gravest) violation.action = *gravest;
    return violation;
}

/// What one pod of Gatekeeper says of the constraint.
struct PodStatus {
    bool audits = false;
    std::int64_t observed_generation = 0;
    std::string error;
};

PodStatus read_pod_status(Value& value) {
    PodStatus status;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "observedGeneration") status.observed_generation = integer_of(field);
        if (key == "operations")
            each_item(field, [&](Value& one) { status.audits = status.audits || view_of(one) == "audit"; });
        if (key != "errors") return;
        each_item(field, [&](Value& one) {
            std::string message = "unnamed error";
            each_field(one, [&](std::string_view part, Value& inner) {
                if (part == "message") message = cut_text_of(inner);
            });
            if (status.error.empty()) status.error = std::move(message);
        });
    });
    return status;
}

/// What the status says, to be weighed once the generation is known.
struct AuditStatus {
    std::vector<std::int64_t> generations_audited;
    std::string error;
};

AuditStatus read_status(Value& value, Constraint& constraint) {
    AuditStatus audit;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "auditTimestamp") constraint.audited_at = micros_of(field);
        if (key == "totalViolations") constraint.total_violations = std::max<std::int64_t>(0, integer_of(field));
        if (key == "violations")
            each_item(field, [&](Value& one) {
                expect_room(constraint.violations);
                constraint.violations.push_back(read_violation(one));
            });
        if (key != "byPod") return;
        each_item(field, [&](Value& one) {
            PodStatus pod = read_pod_status(one);
            expect_room(audit.generations_audited);
            if (pod.audits) audit.generations_audited.push_back(pod.observed_generation);
            if (audit.error.empty()) audit.error = std::move(pod.error);
        });
    });
    return audit;
}

}  // namespace

trial::AuditExemption read_audit_exemption(JsonObject& object) {
    trial::AuditExemption exemption;
    const auto read_rule = [&](Value& rule) {
        bool audit = false;
        std::vector<std::string> namespaces;
        each_field(rule, [&](std::string_view key, Value& field) {
            if (key == "excludedNamespaces") namespaces = read_texts(field);
            if (key != "processes") return;
            each_item(field, [&](Value& one) {
                const std::string_view process = view_of(one);
                audit = audit || process == "audit" || process == "*";
            });
        });
        if (!audit) return;
        for (std::string& one : namespaces) {
            expect_room(exemption.namespaces);
            exemption.namespaces.push_back(std::move(one));
        }
    };
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "metadata") exemption.ref = read_identity(field).ref;
        if (key != "spec") return;
        each_field(field, [&](std::string_view part, Value& inner) {
            if (part == "match") each_item(inner, read_rule);
        });
    });
    exemption.ref.kind = "Config";
    return exemption;
}

Constraint read_constraint(JsonObject& object) {
    Constraint constraint;
    Identity identity;
    AuditStatus audit;
    std::string kind;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "kind") kind = cut_text_of(field);
        if (key == "metadata") identity = read_identity(field);
        if (key == "spec") read_constraint_spec(field, constraint);
        if (key == "status") audit = read_status(field, constraint);
    });
    constraint.ref = std::move(identity.ref);
    constraint.ref.kind = std::move(kind);
    constraint.problem = std::move(audit.error);
    constraint.current = std::all_of(audit.generations_audited.begin(), audit.generations_audited.end(),
                                     [&](std::int64_t one) { return one == identity.generation; });
    return constraint;
}

}  // namespace helix::kube_objects
