#include "service/usecases/court/case_records.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "service/usecases/court/case_json.hpp"
#include "service/usecases/court/case_read.hpp"
#include "service/usecases/named_record.hpp"
#include "service/wire/canonical_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::court {
namespace {

using nlohmann::json;

constexpr const char* kOpened = "trial.opened";
constexpr const char* kRenewed = "trial.revision";
constexpr const char* kEvidence = "trial.evidence";
constexpr const char* kGap = "trial.gap";
constexpr const char* kVerdict = "trial.verdict";
constexpr const char* kPromoted = "trial.promoted";

json head_of(const CaseFile& file) {
    return {{"trial", file.trial->name}, {"namespace", file.trial->ns}, {"case", file.key}, {"line", file.lines}};
}

Micros time_in(const json& body, const char* key) {
    const auto at = wire::from_rfc3339(body.value(key, ""));
    return at ? *at : 0;
}

void begin_revision(CaseFile& file, std::string revision, Micros at) {
    file.revision = std::move(revision);
    file.clock_from = at;
    file.subject.revision_since = at;
    file.desk.journal = {};
    file.check.reset();
    file.falco_gaps.clear();
}

Result<void> apply_evidence(CaseFile& file, const json& body) {
    for (const json& line : body.value("defects", json::array())) {
        const auto gate = trial::parse_gate(line.value("gate", ""));
        auto defect = defect_of(line);
        if (!gate || !defect) return error(Code::DataLoss, "a line of evidence cannot be read");
        file.desk.journal.restore({*gate, *std::move(defect)});
    }
    return {};
}

void apply_promotion(CaseFile& file, const json& body) {
    file.promotion.labelled = body.value("labelled", false);
    file.promotion.routed = body.value("routed", false);
    file.promotion.pool = body.value("pool", "");
    file.promotion.cycle = body.value("cycle", "");
    file.promotion.revision = body.value("revision", "");
}

}  // namespace

std::string line_name(const std::string& key, std::uint64_t n) {
    return "trial:" + key + ":" + std::to_string(n);
}

Result<void> apply(CaseFile& file, const ledger::Record& record) {
    const json body = json::parse(record.body, nullptr, false);
    if (!body.is_object()) return error(Code::DataLoss, "a record of the court is no JSON object");
    file.lines += 1;
    if (record.kind == kEvidence) return apply_evidence(file, body);
    if (record.kind == kVerdict) return read_mecipol(file, body, record.body, record.seq);
    if (record.kind == kPromoted) {
        apply_promotion(file, body);
    } else if (record.kind == kGap) {
        for (const json& node : body.value("nodes", json::array())) file.falco_gaps.insert(node.get<std::string>());
    } else if (record.kind == kOpened) {
        file.opened_seq = record.seq;
        file.opened_at = time_in(body, "at");
        begin_revision(file, body.value("revision", ""), file.opened_at);
    } else if (record.kind == kRenewed) {
        begin_revision(file, body.value("revision", ""), time_in(body, "at"));
    } else {
        return error(Code::DataLoss, "\"" + record.kind + "\" is no record of a trial");
    }
    return {};
}

Result<ledger::Record> CaseRecords::append(CaseFile& file, const char* kind, std::string body,
                                           const ports::Fence& fence) {
    usecases::LedgerDraft draft{kind, target_, kCourtActor, std::move(body), {line_name(file.key, file.lines)}, fence};
    auto record = writer_.append(std::move(draft));
    if (!record && record.error().code == Code::AlreadyExists)
        return error(Code::Conflict, "another process has written to this trial");
    if (!record) return record;
    if (const auto applied = apply(file, *record); !applied) return applied.error();
    told_(*record);
    return record;
}

Result<void> CaseRecords::open(CaseFile& file, Micros at, const ports::Fence& fence) {
    json body = head_of(file);
    body["at"] = wire::to_rfc3339(at);
    body["trialId"] = trial_id_of(*file.trial);
    body["subject"] = describe(file.trial->spec.subject);
    body["layer"] = to_string(file.trial->spec.layer);
    body["duration"] = trial::to_duration(file.trial->spec.duration);
    body["crew"] = file.trial->spec.crew;
    body["revision"] = file.revision;
    auto record = append(file, kOpened, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::renew(CaseFile& file, const std::string& revision, Micros at, const ports::Fence& fence) {
    json body = head_of(file);
    body["at"] = wire::to_rfc3339(at);
    body["revision"] = revision;
    body["before"] = file.revision;
    auto record = append(file, kRenewed, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::note(CaseFile& file, const std::vector<trial::Journal::Line>& lines,
                               const ports::Fence& fence) {
    json body = head_of(file);
    body["defects"] = json::array();
    for (const trial::Journal::Line& line : lines) {
        json defect = to_json(line.defect);
        defect["gate"] = to_string(line.gate);
        body["defects"].push_back(std::move(defect));
    }
    auto record = append(file, kEvidence, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::miss(CaseFile& file, const std::vector<std::string>& nodes, const ports::Fence& fence) {
    json body = head_of(file);
    body["gate"] = to_string(trial::Gate::Falco);
    body["nodes"] = nodes;
    auto record = append(file, kGap, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::close(CaseFile& file, Micros at, const ports::Fence& fence) {
    json body = mecipol_json(file, at);
    body["case"] = file.key;
    body["line"] = file.lines;
    auto record = append(file, kVerdict, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::promoted(CaseFile& file, const Promotion& promotion, const ports::Fence& fence) {
    json body = head_of(file);
    body["mecipol"] = file.closing ? file.closing->mecipol : "";
    body["labelled"] = promotion.labelled;
    body["routed"] = promotion.routed;
    body["pool"] = promotion.pool;
    body["cycle"] = promotion.cycle;
    body["revision"] = promotion.revision;
    auto record = append(file, kPromoted, body.dump(), fence);
    return record ? Result<void>{} : std::move(record).error();
}

Result<void> CaseRecords::restore(CaseFile& file) {
    while (true) {
        const auto record = usecases::find_record(
            store_, line_name(file.key, file.lines), [&](const ledger::Record& found, const json& body) {
                return found.actor == kCourtActor && body.value("case", json()) == file.key &&
                       body.value("line", json()) == file.lines;
            });
        if (!record) return record.error();
        if (!*record) return {};
        if (const auto applied = apply(file, **record); !applied) return applied;
    }
}

}  // namespace helix::court
