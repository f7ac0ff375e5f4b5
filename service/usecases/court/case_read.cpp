#include "service/usecases/court/case_read.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/wire/timestamps.hpp"

namespace helix::court {
namespace {

using nlohmann::json;
using trial::EvidenceState;
using trial::Grade;

constexpr std::array kStates = {EvidenceState::NotInstalled, EvidenceState::Unreadable, EvidenceState::NotCovering,
                                EvidenceState::Pending,      EvidenceState::Stale,      EvidenceState::Partial,
                                EvidenceState::Truncated,    EvidenceState::Clean,      EvidenceState::Violations};
constexpr std::array kGrades = {
    Grade::ConftestDeny,   Grade::ConftestWarn,  Grade::KyvernoViolation, Grade::GatekeeperViolation,
    Grade::GatekeeperWarn, Grade::FalcoCritical, Grade::FalcoHigh,        Grade::FalcoMedium,
    Grade::FalcoLow,       Grade::TrivyCritical, Grade::TrivyHigh,        Grade::Recorded,
    Grade::Waived};

Error malformed(const char* what) {
    return error(Code::DataLoss, std::string("a record of the court holds no well-formed ") + what);
}

std::string text(const json& value, const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number(const json& value, const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

Micros time(const json& value, const char* key) {
    const auto at = wire::from_rfc3339(text(value, key));
    return at ? *at : 0;
}

/// A member that is a list; an empty one where there is none.
json list(const json& value, const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_array() ? *found : json::array();
}

/// Written with two decimals: the nearest hundredth is the one that was meant.
trial::Hundredths hundredths(const json& value, const char* key) {
    const auto found = value.find(key);
    return found != value.end() && found->is_number() ? std::llround(found->get<double>() * 100.0) : 0;
}

std::vector<std::string> texts(const json& value, const char* key) {
    std::vector<std::string> all;
    for (const json& one : list(value, key))
        if (one.is_string()) all.push_back(one.get<std::string>());
    return all;
}

std::vector<trial::Ref> refs_of(const json& value) {
    std::vector<trial::Ref> refs;
    for (const json& ref : list(value, "refs"))
        if (ref.is_object())
            refs.push_back({text(ref, "kind"), text(ref, "namespace"), text(ref, "name"), text(ref, "uid"),
                            text(ref, "resourceVersion")});
    return refs;
}

std::vector<trial::Term> terms_of(const json& value, const char* key) {
    std::vector<trial::Term> terms;
    for (const json& one : list(value, key)) {
        if (!one.is_object()) continue;
        trial::Term term;
        term.gate = trial::parse_gate(text(one, "gate"));
        term.cause = text(one, "rule");
        term.amount = hundredths(one, "amount");
        term.each = term.amount;
        term.count = number(one, "count");
        terms.push_back(std::move(term));
    }
    return terms;
}

trial::Score score_of(const json& record) {
    const json warmth = record.value("warmth", json::object());
    trial::Score score;
    score.deductions = terms_of(warmth, "deductions");
    score.bonuses = terms_of(warmth, "bonuses");
    score.raw = hundredths(warmth, "raw");
    score.warmth = hundredths(warmth, "value");
    score.floor = hundredths(warmth, "floor");
    score.final = true;
    score.promote = record.value("promote", false);
    score.hard_denies = texts(record, "hardDenies");
    score.caps = texts(record, "caps");
    for (const char* key : {"sorries", "wouldRaise"})
        for (const json& one : list(record, key))
            if (one.is_object())
                score.sorries.push_back({text(one, "what"), text(one, "why"), text(one, "mend"),
                                         hundredths(one, "givesBack"), hundredths(one, "givesBackRaw")});
    return score;
}

}  // namespace

Result<trial::Defect> defect_of(const json& value) {
    const std::string grade = value.is_object() ? text(value, "grade") : std::string();
    const auto known = std::find_if(kGrades.begin(), kGrades.end(), [&](Grade one) { return to_string(one) == grade; });
    if (known == kGrades.end()) return malformed("defect");
    trial::Defect defect;
    defect.grade = *known;
    defect.policy = text(value, "policy");
    defect.rule = text(value, "rule");
    defect.container = text(value, "container");
    defect.message = text(value, "message");
    defect.count = number(value, "count");
    defect.first_at = time(value, "first");
    defect.last_at = time(value, "last");
    defect.refs = refs_of(value);
    return defect;
}

Result<trial::FalcoAlert> alert_of(const json& value) {
    const std::int64_t priority = value.is_object() ? number(value, "priority") : -1;
    if (priority < 0 || priority > static_cast<std::int64_t>(trial::FalcoPriority::Debug)) return malformed("alert");
    trial::FalcoAlert alert;
    alert.priority = static_cast<trial::FalcoPriority>(priority);
    alert.rule = text(value, "rule");
    alert.count = std::max<std::int64_t>(1, number(value, "count"));
    alert.at = time(value, "at");
    alert.received_at = time(value, "receivedAt");
    alert.source = text(value, "source");
    alert.hostname = text(value, "hostname");
    alert.output = text(value, "output");
    alert.uuid = text(value, "uuid");
    alert.ns = text(value, "namespace");
    alert.pod = text(value, "pod");
    alert.pod_uid = text(value, "podUid");
    alert.container_id = text(value, "containerId");
    alert.container_name = text(value, "container");
    alert.image = text(value, "image");
    return alert;
}

Result<trial::Testimony> testimony_of(const json& value) {
    if (!value.is_object()) return malformed("testimony");
    const auto gate = trial::parse_gate(text(value, "name"));
    const std::string said = text(value, "evidence");
    const auto state =
        std::find_if(kStates.begin(), kStates.end(), [&](EvidenceState one) { return to_string(one) == said; });
    if (!gate || state == kStates.end()) return malformed("testimony");
    trial::Testimony testimony;
    testimony.gate = *gate;
    testimony.state = *state;
    testimony.why = text(value, "message");
    testimony.raw = number(value, "raw");
    testimony.observed_at = time(value, "observedAt");
    testimony.refs = refs_of(value);
    for (const json& one : list(value, "defects")) {
        auto defect = defect_of(one);
        if (!defect) return std::move(defect).error();
        testimony.defects.push_back(*std::move(defect));
    }
    return testimony;
}

Result<void> read_mecipol(CaseFile& file, const json& record, std::string text_of_record, std::uint64_t seq) {
    Closing closing;
    closing.mecipol = text(record, "mecipol");
    closing.seq = seq;
    closing.at = time(record, "scoredAt");
    file.score = score_of(record);
    const std::string verdict = text(record, "verdict");
    for (const auto one : {trial::Verdict::Admit, trial::Verdict::Watch, trial::Verdict::Deny})
        if (to_string(one) == verdict) closing.verdict = one;
    if (closing.verdict == trial::Verdict::Pending || closing.mecipol.empty()) return malformed("MECIPOL record");
    file.score.verdict = closing.verdict;
    closing.warmth = file.score.warmth;
    closing.promote = file.score.promote;
    closing.record = std::move(text_of_record);
    file.testimonies.clear();
    for (const json& gate : list(record, "gates")) {
        auto testimony = testimony_of(gate);
        if (!testimony) return std::move(testimony).error();
        file.testimonies.push_back(*std::move(testimony));
    }
    file.approved_by = text(record, "approvedBy");
    file.closing = std::move(closing);
    return {};
}

}  // namespace helix::court
