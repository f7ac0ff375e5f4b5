#include "service/usecases/court/case_json.hpp"

#include <algorithm>

#include "service/wire/timestamps.hpp"

namespace helix::court {
namespace {

using nlohmann::json;
using trial::EvidenceState;
using trial::Gate;
using trial::Grade;

constexpr const char* kGamma1 = "14.134725141734693";
constexpr std::int64_t kSecond = 1'000'000;

void set_text(json& object, const char* key, const std::string& value) {
    if (!value.empty()) object[key] = value;
}

void set_time(json& object, const char* key, Micros at) {
    if (at != 0) object[key] = wire::to_rfc3339(at);
}

std::int64_t count_of(const trial::Testimony& testimony, std::initializer_list<Grade> grades) {
    return std::count_if(testimony.defects.begin(), testimony.defects.end(), [&](const trial::Defect& one) {
        return std::find(grades.begin(), grades.end(), one.grade) != grades.end();
    });
}

/// Counted once each, in the words of the gate.
json counts_json(const trial::Testimony& testimony) {
    switch (testimony.gate) {
        case Gate::Conftest:
            return {{"denies", count_of(testimony, {Grade::ConftestDeny})},
                    {"warns", count_of(testimony, {Grade::ConftestWarn})}};
        case Gate::Kyverno:
            return {{"violations", count_of(testimony, {Grade::KyvernoViolation})}};
        case Gate::Gatekeeper:
            return {{"violations", count_of(testimony, {Grade::GatekeeperViolation})},
                    {"warns", count_of(testimony, {Grade::GatekeeperWarn})}};
        case Gate::Falco:
            return {{"critical", count_of(testimony, {Grade::FalcoCritical})},
                    {"high", count_of(testimony, {Grade::FalcoHigh})},
                    {"medium", count_of(testimony, {Grade::FalcoMedium})},
                    {"low", count_of(testimony, {Grade::FalcoLow})}};
        case Gate::Trivy:
            return {{"critical", count_of(testimony, {Grade::TrivyCritical})},
                    {"high", count_of(testimony, {Grade::TrivyHigh})}};
    }
    return json::object();
}

json refs_json(const std::vector<trial::Ref>& refs) {
    json all = json::array();
    for (const trial::Ref& ref : refs) all.push_back(to_json(ref));
    return all;
}

json sum_json(const trial::Score& score) {
    return {{"value", to_number(score.warmth)},
            {"base", to_number(trial::Score::kBase)},
            {"deductions", terms_json(score.deductions)},
            {"bonuses", terms_json(score.bonuses)},
            {"raw", to_number(score.raw)},
            {"capped", score.raw != score.warmth},
            {"floor", to_number(score.floor)}};
}

json gates_json(const CaseFile& file, bool defects) {
    json gates = json::array();
    for (const trial::Testimony& one : file.testimonies) gates.push_back(to_json(one, defects));
    return gates;
}

}  // namespace

std::string to_seconds(Micros at) {
    return wire::to_rfc3339(at / kSecond * kSecond).substr(0, 19) + "Z";
}

double to_number(trial::Hundredths value) {
    return static_cast<double>(value) / 100.0;
}

json to_json(const trial::Ref& ref) {
    json value = {{"kind", ref.kind}, {"name", ref.name}};
    set_text(value, "namespace", ref.ns);
    set_text(value, "uid", ref.uid);
    set_text(value, "resourceVersion", ref.resource_version);
    return value;
}

json to_json(const trial::Defect& defect) {
    json value = {{"grade", to_string(defect.grade)}, {"rule", defect.rule}, {"count", defect.count}};
    set_text(value, "policy", defect.policy);
    set_text(value, "container", defect.container);
    set_text(value, "message", defect.message);
    set_time(value, "first", defect.first_at);
    set_time(value, "last", defect.last_at);
    if (!defect.refs.empty()) value["refs"] = refs_json(defect.refs);
    return value;
}

json to_json(const trial::FalcoAlert& alert) {
    json value = {{"rule", alert.rule}, {"priority", static_cast<int>(alert.priority)}, {"count", alert.count}};
    set_time(value, "at", alert.at);
    set_time(value, "receivedAt", alert.received_at);
    set_text(value, "source", alert.source);
    set_text(value, "hostname", alert.hostname);
    set_text(value, "output", alert.output);
    set_text(value, "uuid", alert.uuid);
    set_text(value, "namespace", alert.ns);
    set_text(value, "pod", alert.pod);
    set_text(value, "podUid", alert.pod_uid);
    set_text(value, "containerId", alert.container_id);
    set_text(value, "container", alert.container_name);
    set_text(value, "image", alert.image);
    return value;
}

std::string_view short_state(const trial::Testimony& testimony) {
    switch (testimony.state) {
        case EvidenceState::Clean:
            return "PASS";
        case EvidenceState::Violations: {
            const std::int64_t mild = count_of(testimony, {Grade::ConftestWarn, Grade::GatekeeperWarn, Grade::FalcoLow,
                                                           Grade::Recorded, Grade::Waived});
            return mild == static_cast<std::int64_t>(testimony.defects.size()) ? "WARN" : "FAIL";
        }
        case EvidenceState::NotInstalled:
            return "NOT_INSTALLED";
        default:
            return "PENDING";
    }
}

json to_json(const trial::Testimony& testimony, bool defects) {
    json value = {{"name", to_string(testimony.gate)},
                  {"state", short_state(testimony)},
                  {"evidence", to_string(testimony.state)},
                  {"counts", counts_json(testimony)},
                  {"raw", testimony.raw}};
    set_text(value, "message", testimony.why);
    set_time(value, "observedAt", testimony.observed_at);
    if (!testimony.refs.empty()) value["refs"] = refs_json(testimony.refs);
    if (!defects) return value;
    value["defects"] = json::array();
    for (const trial::Defect& one : testimony.defects) value["defects"].push_back(to_json(one));
    return value;
}

json sorries_json(const trial::Score& score) {
    json sorries = json::array();
    for (const trial::Sorry& one : score.sorries)
        sorries.push_back({{"what", one.what},
                           {"why", one.why},
                           {"mend", one.mend},
                           {"givesBack", to_number(one.gives_back)},
                           {"givesBackRaw", to_number(one.gives_back_raw)}});
    return sorries;
}

json terms_json(const std::vector<trial::Term>& terms) {
    json all = json::array();
    for (const trial::Term& one : terms) {
        json term = {{"rule", one.cause}, {"count", one.count}, {"amount", to_number(one.amount)}};
        if (one.gate) term["gate"] = to_string(*one.gate);
        all.push_back(std::move(term));
    }
    return all;
}

json mecipol_json(const CaseFile& file, Micros at) {
    const trial::Trial& trial = *file.trial;
    json subject = {{"kind", trial.spec.subject.kind},
                    {"name", trial.spec.subject.name},
                    {"namespace", trial.spec.subject.ns},
                    {"text", describe(trial.spec.subject)}};
    set_text(subject, "uid", file.subject.uid);
    set_text(subject, "revision", file.revision);
    json record = {{"trial", trial.name},
                   {"namespace", trial.ns},
                   {"trialId", trial_id_of(trial)},
                   {"subject", std::move(subject)},
                   {"sostle", {{"layer", to_string(trial.spec.layer)}, {"note", trial::law_of(trial.spec.layer).note}}},
                   {"crew", trial.spec.crew},
                   {"gamma1", kGamma1},
                   {"startedAt", to_seconds(file.clock_from)},
                   {"scoredAt", to_seconds(at)},
                   {"day", trial::day_of(at)},
                   {"gates", gates_json(file, true)},
                   {"warmth", sum_json(file.score)},
                   {"verdict", to_string(file.score.verdict)},
                   {"promote", file.score.promote},
                   {"hardDenies", file.score.hard_denies},
                   {"caps", file.score.caps},
                   {"sorries", file.score.verdict == trial::Verdict::Deny ? sorries_json(file.score) : json::array()},
                   {"mecipol", trial::mecipol_id(trial_id_of(trial), at)}};
    if (file.score.verdict != trial::Verdict::Deny) record["wouldRaise"] = sorries_json(file.score);
    set_text(record, "approvedBy", file.approved_by);
    if (file.check) {
        record["manifest"] = {{"sha256", file.check->manifest_hash},
                              {"policies", file.check->policy_hash},
                              {"generation", file.check->generation},
                              {"conftest", file.check->version}};
    }
    return record;
}

json explanation_json(const CaseFile& file, Micros now) {
    json waiting = json::array();
    for (const trial::Gate gate : file.score.waiting_for) waiting.push_back(to_string(gate));
    json value = {{"trial", file.trial->name},
                  {"namespace", file.trial->ns},
                  {"subject", describe(file.trial->spec.subject)},
                  {"layer", to_string(file.trial->spec.layer)},
                  {"phase", phase_of(file, now)},
                  {"verdict", to_string(file.score.verdict)},
                  {"final", file.closing.has_value()},
                  {"warmth", sum_json(file.score)},
                  {"gates", gates_json(file, true)},
                  {"hardDenies", file.score.hard_denies},
                  {"caps", file.score.caps},
                  {"waitingFor", std::move(waiting)},
                  {"wouldRaise", sorries_json(file.score)}};
    set_time(value, "startedAt", file.clock_from);
    if (file.clock_from != 0) set_time(value, "endsAt", file.ends_at());
    set_text(value, "problem", file.problem.empty() ? file.subject_problem : file.problem);
    set_text(value, "stalled", stalled_by(file, now));
    set_text(value, "approvedBy", file.approved_by);
    set_text(value, "approvalProblem", file.approval_problem);
    if (file.closing) value["mecipol"] = file.closing->mecipol;
    return value;
}

}  // namespace helix::court
