#include "service/http/trial_view.hpp"

#include <utility>

#include "service/usecases/court/case_json.hpp"
#include "service/usecases/court/status_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

json head_of(const TrialView& view) {
    return {{"target", view.court->target()}, {"namespace", view.trial->ns}, {"name", view.trial->name}};
}

trial::Hundredths warmth_of(const court::CaseFile& file) {
    return file.closing ? file.closing->warmth : file.score.warmth;
}

bool is_scored(const court::CaseFile& file) {
    return file.closing || !file.testimonies.empty();
}

json subject_json(const trial::SubjectRef& subject) {
    return {{"kind", subject.kind}, {"namespace", subject.ns}, {"name", subject.name}};
}

json gate_names(trial::GateSet gates) {
    json names = json::array();
    for (const trial::Gate gate : trial::kGates)
        if (gates.has(gate)) names.push_back(to_string(gate));
    return names;
}

void put_time(json& object, const char* key, court::Micros at) {
    if (at != 0) object[key] = wire::to_rfc3339(at);
}

void put_text(json& object, const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

/// Verdict, phase, warmth: what every view of a case begins with.
void put_standing(json& object, const TrialView& view, court::Micros now) {
    object["phase"] = view.phase(now);
    object["verdict"] = to_string(view.verdict());
    object["final"] = view.file->closing.has_value();
    if (is_scored(*view.file)) {
        object["warmth"] = court::to_number(warmth_of(*view.file));
        if (!view.file->testimonies.empty()) object["floor"] = court::to_number(view.file->score.floor);
    }
    if (view.file->closing) object["mecipol"] = view.file->closing->mecipol;
}

}  // namespace

trial::Verdict TrialView::verdict() const {
    return file->closing ? file->closing->verdict : file->score.verdict;
}

std::string TrialView::phase(court::Micros now) const {
    return court::phase_of(*file, now);
}

std::vector<TrialView> trials_of(const court::Court& court) {
    std::vector<TrialView> views;
    for (const auto& trial : court.room().trials()) {
        auto file = court.find(trial->ns, trial->name);
        if (!file || file->key != court::key_of(*trial)) {
            auto unseen = std::make_shared<court::CaseFile>();
            unseen->key = court::key_of(*trial);
            unseen->trial = trial;
            unseen->problem = trial->problem;
            file = std::move(unseen);
        }
        views.push_back({&court, trial, std::move(file)});
    }
    return views;
}

json trial_json(const TrialView& view, court::Micros now, bool with_status) {
    const trial::TrialSpec& spec = view.trial->spec;
    const court::CaseFile& file = *view.file;
    json value = head_of(view);
    value["uid"] = view.trial->uid;
    value["generation"] = view.trial->generation;
    put_text(value, "rerun", view.trial->rerun);
    value["trial_id"] = court::trial_id_of(*view.trial);
    value["subject"] = subject_json(spec.subject);
    value["layer"] = to_string(spec.layer);
    value["gates"] = gate_names(spec.gates);
    value["crew"] = spec.crew;
    value["duration"] = trial::to_duration(spec.duration);
    value["pending_gates"] = spec.tolerate ? "Tolerate" : "Hold";
    put_standing(value, view, now);
    put_time(value, "started_at", file.clock_from);
    if (file.clock_from != 0) put_time(value, "ends_at", file.ends_at());
    put_text(value, "problem", file.problem.empty() ? file.subject_problem : file.problem);
    if (with_status) value["status"] = json::parse(court::status_of(file, now, true), nullptr, false);
    return value;
}

json verdict_json(const TrialView& view, court::Micros now) {
    json value = head_of(view);
    put_standing(value, view, now);
    if (!view.file->closing) return value;
    value["seq"] = view.file->closing->seq;
    value["record"] = json::parse(view.file->closing->record, nullptr, false);
    return value;
}

json evidence_json(const TrialView& view) {
    json value = head_of(view);
    value["final"] = view.file->closing.has_value();
    value["gates"] = json::array();
    for (const trial::Testimony& one : view.file->testimonies) value["gates"].push_back(court::to_json(one, true));
    return value;
}

json explanation_json(const TrialView& view, court::Micros now) {
    json value = court::explanation_json(*view.file, now);
    value["target"] = view.court->target();
    return value;
}

}  // namespace helix::http
