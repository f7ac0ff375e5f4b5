#include "service/usecases/court/report_json.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

#include "service/usecases/court/case_json.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::court {
namespace {

using nlohmann::json;

std::string_view outcome_of(const trial::Testimony& testimony) {
    const std::string_view state = short_state(testimony);
    if (state == "PASS") return "pass";
    if (state == "FAIL") return "fail";
    return state == "WARN" ? "warn" : "skip";
}

std::string_view outcome_of(trial::Verdict verdict) {
    switch (verdict) {
        case trial::Verdict::Admit:
            return "pass";
        case trial::Verdict::Watch:
            return "warn";
        case trial::Verdict::Deny:
            return "fail";
        case trial::Verdict::Pending:
            break;
    }
    return "skip";
}

std::string sentence_of(const trial::Testimony& testimony) {
    if (!testimony.why.empty()) return testimony.why;
    if (testimony.defects.empty()) return "nothing held against it";
    const trial::Defect& first = testimony.defects.front();
    std::string sentence = first.message.empty() ? first.policy + " " + first.rule : first.message;
    if (testimony.defects.size() > 1) sentence += " (and " + std::to_string(testimony.defects.size() - 1) + " more)";
    return sentence;
}

/// Adds a result, and counts it in the summary.
void add(json& report, const char* rule, std::string_view outcome, std::string message) {
    const std::string key(outcome);
    report["summary"][key] = report["summary"][key].get<int>() + 1;
    report["results"].push_back({{"source", "trendal"},
                                 {"policy", "trendaltrial"},
                                 {"category", "TrendalTrial"},
                                 {"rule", rule},
                                 {"result", outcome},
                                 {"scored", true},
                                 {"message", std::move(message)}});
}

}  // namespace

std::string report_of(const CaseFile& file) {
    const trial::Trial& trial = *file.trial;
    json report = {{"apiVersion", "wgpolicyk8s.io/v1alpha2"},
                   {"kind", "PolicyReport"},
                   {"metadata",
                    {{"name", "trendal-" + trial.name},
                     {"namespace", trial.ns},
                     {"labels", {{"app.kubernetes.io/managed-by", "trendal-controller"}}},
                     {"ownerReferences",
                      {{{"apiVersion", "eose.ca/v1"},
                        {"kind", "TrendalTrial"},
                        {"name", trial.name},
                        {"uid", trial.uid},
                        {"controller", true}}}}}},
                   {"scope",
                    {{"apiVersion", "apps/v1"},
                     {"kind", trial.spec.subject.kind},
                     {"namespace", trial.spec.subject.ns},
                     {"name", trial.spec.subject.name},
                     {"uid", file.subject.uid}}},
                   {"summary", {{"pass", 0}, {"fail", 0}, {"warn", 0}, {"error", 0}, {"skip", 0}}},
                   {"results", json::array()}};
    for (const trial::Testimony& one : file.testimonies)
        add(report, std::string(to_string(one.gate)).c_str(), outcome_of(one), sentence_of(one));
    const trial::Verdict verdict = file.closing ? file.closing->verdict : file.score.verdict;
    const trial::Hundredths warmth = file.closing ? file.closing->warmth : file.score.warmth;
    add(report, "verdict", outcome_of(verdict),
        std::string(to_string(verdict)) + (file.closing ? ": " + file.closing->mecipol : " (not final)") + ", warmth " +
            trial::to_decimal(warmth) + ", floor " + trial::to_decimal(file.score.floor) + " for " +
            std::string(to_string(trial.spec.layer)));
    const auto text = wire::canonical_json(report);
    return text ? *text : std::string();
}

}  // namespace helix::court
