#include "service/usecases/court/case_file.hpp"

#include <algorithm>

namespace helix::court {
namespace {

constexpr std::size_t kRerunMax = 64;

/// The mark becomes part of a ledger name: what is no plain word is not taken.
bool is_plain(const std::string& mark) {
    return mark.size() <= kRerunMax && std::all_of(mark.begin(), mark.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_' || c == '.' || c == ':';
           });
}

bool waits_for(const CaseFile& file, trial::Gate gate) {
    return std::any_of(file.testimonies.begin(), file.testimonies.end(), [gate](const trial::Testimony& one) {
        return one.gate == gate && one.state == trial::EvidenceState::Pending;
    });
}

}  // namespace

std::string key_of(const trial::Trial& trial) {
    std::string key = trial.uid + "/" + std::to_string(trial.generation);
    if (!trial.rerun.empty() && is_plain(trial.rerun)) key += "/" + trial.rerun;
    return key;
}

trial::GateSet asked_gates(const trial::TrialSpec& spec) {
    return spec.gates | trial::law_of(spec.layer).required;
}

bool waits_for_check(const CaseFile& file) {
    return !file.closing && asked_gates(file.trial->spec).has(trial::Gate::Conftest) &&
           (!file.check || file.check->generation != file.subject.generation);
}

const std::string& approval_of(const trial::Trial& trial) {
    return trial.spec.layer == trial::Layer::L7 ? trial.megscifiar : trial.approved_by;
}

bool approval_unchecked(const CaseFile& file) {
    return !file.closing && trial::law_of(file.trial->spec.layer).approval &&
           approval_of(*file.trial) != file.approval_checked;
}

std::string phase_of(const CaseFile& file, Micros now) {
    if (file.closing) return "Done";
    if (file.testimonies.empty() || waits_for(file, trial::Gate::Conftest)) return "Precheck";
    if (waits_for(file, trial::Gate::Kyverno) || waits_for(file, trial::Gate::Gatekeeper)) return "Admission";
    if (waits_for(file, trial::Gate::Falco)) return "Runtime";
    if (waits_for(file, trial::Gate::Trivy)) return "ImageScan";
    return now < file.ends_at() ? "Runtime" : "Scoring";
}

std::string stalled_by(const CaseFile& file, Micros now) {
    if (file.closing || file.clock_from == 0 || now < file.ends_at()) return {};
    std::string gates;
    // Who tolerates silence waits for one gate alone, and for no particular one.
    if (!file.trial->spec.tolerate || file.score.verdict == trial::Verdict::Pending)
        for (const trial::Gate gate : file.score.waiting_for)
            gates += (gates.empty() ? "" : ", ") + std::string(to_string(gate));
    if (!gates.empty()) return "the time is served, but these have not testified: " + gates;
    if (!file.score.awaits_approval) return {};
    return file.approval_problem.empty() ? "the time is served, but the approval is missing"
                                         : "the approval does not count: " + file.approval_problem;
}

std::string trial_id_of(const trial::Trial& trial) {
    if (!trial.spec.trial_id.empty()) return trial.spec.trial_id;
    std::string id = trial.name;
    for (char& c : id) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (c == '.') c = '-';
    }
    return id;
}

}  // namespace helix::court
