#include "service/usecases/court/status_json.hpp"

#include <nlohmann/json.hpp>

#include "service/usecases/court/case_json.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::court {
namespace {

using nlohmann::json;

/// Lists in a status are for people; the record has everything.
constexpr std::size_t kListMax = 20;

/// The first items of `list`, each as `form` writes it.
template <class T, class F>
json first_of(const std::vector<T>& list, F&& form) {
    json all = json::array();
    for (const T& one : list)
        if (all.size() < kListMax) all.push_back(form(one));
    return all;
}

json condition(const char* type, bool holds, const char* reason, const std::string& message, Micros since) {
    json value = {{"type", type}, {"status", holds ? "True" : "False"}, {"reason", reason}, {"message", message}};
    value["lastTransitionTime"] = to_seconds(since);
    return value;
}

Micros since_of(const CaseFile& file) {
    return file.closing ? file.closing->at : file.clock_from;
}

json ready(const CaseFile& file) {
    if (file.closing && file.subject_changed)
        return condition("Ready", true, "SubjectChanged",
                         "the verdict is final: " + file.closing->mecipol +
                             "; the subject's pod template has changed since, and has not been judged",
                         since_of(file));
    if (file.closing)
        return condition("Ready", true, "Judged", "the verdict is final: " + file.closing->mecipol, since_of(file));
    return condition("Ready", false, file.clock_from == 0 ? "NotStarted" : "OnTrial",
                     file.clock_from == 0 ? "the trial has not begun" : "the trial is running", since_of(file));
}

json promoted(const CaseFile& file) {
    const Promotion& promotion = file.promotion;
    if (promotion.labelled && promotion.problem.empty())
        return condition("Promoted", true, "Labelled", "cycle " + promotion.cycle, since_of(file));
    if (!promotion.problem.empty()) return condition("Promoted", false, "Refused", promotion.problem, since_of(file));
    const bool never = file.closing && !file.closing->promote;
    return condition("Promoted", false, never ? "NotAdmitted" : "NotYet", "", since_of(file));
}

/// Why a trial does not come to its end, in one sentence; empty: it does.
std::string held_up_by(const CaseFile& file, Micros now) {
    if (!file.problem.empty()) return file.problem;
    if (!file.subject_problem.empty()) return file.subject_problem;
    return stalled_by(file, now);
}

json gates_of(const CaseFile& file, bool versions) {
    json gates = json::array();
    for (const trial::Testimony& one : file.testimonies) {
        json gate = to_json(one, false);
        gate["rawCounts"] = {{"total", one.raw}};
        gate.erase("raw");
        gate.erase("observedAt");  // signs of life come every minute: they are in the record, and on request
        if (!versions && gate.contains("refs"))
            for (json& ref : gate["refs"]) ref.erase("resourceVersion");
        gates.push_back(std::move(gate));
    }
    return gates;
}

json history_of(const CaseFile& file) {
    json history = json::array();
    for (const trial::WarmthPoint& point : file.history)
        history.push_back({{"at", to_seconds(point.at)},
                           {"warmth", trial::to_decimal(point.warmth)},
                           {"verdict", to_string(point.verdict)}});
    return history;
}

json route_of(const CaseFile& file) {
    json route = json::object();
    if (!file.promotion.pool.empty()) route["pool"] = file.promotion.pool;
    if (!file.approved_by.empty()) route["approvedBy"] = file.approved_by;
    return route;
}

}  // namespace

std::string status_of(const CaseFile& file, Micros now, bool versions) {
    const trial::Score& score = file.score;
    const trial::Verdict verdict = file.closing ? file.closing->verdict : score.verdict;
    json status = {{"observedGeneration", file.trial->generation},
                   {"phase", phase_of(file, now)},
                   {"verdict", to_string(verdict)},
                   {"final", file.closing.has_value()}};
    if (!file.testimonies.empty() || file.closing) {
        status["warmth"] = trial::to_decimal(file.closing ? file.closing->warmth : score.warmth);
        status["promote"] = file.closing ? file.closing->promote : score.promote;
    }
    if (!file.testimonies.empty()) {
        status["warmthFloor"] = trial::to_decimal(score.floor);
        status["gates"] = gates_of(file, versions);
        status["deductions"] = first_of(score.deductions, [](const trial::Term& term) -> json {
            return {{"rule", term.cause}, {"count", term.count}, {"amount", trial::to_decimal(term.amount)}};
        });
        status["hardDenies"] = first_of(score.hard_denies, [](const std::string& why) -> json {
            return {{"message", why}};
        });
        const bool denied = verdict == trial::Verdict::Deny;
        status["sorries"] = first_of(denied ? score.sorries : std::vector<trial::Sorry>(), [](const auto& one) -> json {
            return {{"what", one.what},
                    {"why", one.why},
                    {"mend", one.mend},
                    {"warmth", trial::to_decimal(one.gives_back)}};
        });
    }
    if (file.clock_from != 0) {
        status["startedAt"] = to_seconds(file.clock_from);
        status["endsAt"] = to_seconds(file.ends_at());
    }
    if (file.closing) status["mecipol"] = file.closing->mecipol;
    if (json route = route_of(file); !route.empty()) status["route"] = std::move(route);
    if (!file.history.empty()) status["warmthHistory"] = history_of(file);
    const std::string stalled = held_up_by(file, now);
    status["conditions"] = {
        ready(file), promoted(file),
        condition("Stalled", !stalled.empty(), stalled.empty() ? "Progressing" : "Waiting", stalled, since_of(file))};
    const auto text = wire::canonical_json(status);
    return text ? *text : std::string();
}

}  // namespace helix::court
