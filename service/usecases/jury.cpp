#include "service/usecases/jury.hpp"

#include <algorithm>

#include "service/usecases/cycle_json.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/verdict_json.hpp"

namespace helix::usecases {
namespace {

using gate::Finding;
using gate::Why;

Jury::Engines with_builtin(Jury::Engines others) {
    others.insert(others.begin(), std::make_unique<BuiltinEngine>());
    return others;
}

/// The first with that outcome; nullptr when nobody found that.
const Finding* first(const std::vector<Finding>& findings, Finding::Outcome outcome) {
    const auto found =
        std::find_if(findings.begin(), findings.end(), [&](const Finding& one) { return one.outcome == outcome; });
    return found == findings.end() ? nullptr : &*found;
}

/// The write does not run: `verdict` passed until then.
void hold_back(gate::Verdict& verdict, Why why, const Finding& because) {
    verdict.passed = false;
    verdict.why = why;
    verdict.reason =
        why == Why::EngineDisagreement
            ? "the proof engines disagree, so nothing is written: builtin passes it, " + because.engine +
                  " does not (" + because.detail + ")"
            : "the proof engine " + because.engine + " gave no answer, so nothing is written: " + because.detail;
}

}  // namespace

gate::Finding BuiltinEngine::judge(const ports::Judged& write) {
    const gate::Verdict& verdict = write.verdict;
    Finding finding{name(), version(), Finding::Outcome::Breaks, verdict.reason, 0};
    if (verdict.passed) {
        finding.outcome = Finding::Outcome::Holds;
    } else if (verdict.worst >= 0 && !verdict.cases[static_cast<std::size_t>(verdict.worst)].exact) {
        finding.outcome = Finding::Outcome::NoAnswer;  // an upper bound was taken: it may be safe all the same
    }
    return finding;
}

Jury::Jury(Engines others, LedgerWriter& ledger, ports::EventBus& bus)
    : engines_(with_builtin(std::move(others))), ledger_(ledger), bus_(bus) {}

void Jury::judge(const Case& about, const proof::Obligation& obligation, gate::Verdict& verdict) {
    for (const auto& engine : engines_) verdict.findings.push_back(engine->judge({verdict, obligation}));
    {
        const std::lock_guard lock(counts_mutex_);
        for (const Finding& finding : verdict.findings) ++counts_[{finding.engine, finding.outcome}];
    }
    const Finding* breaks = first(verdict.findings, Finding::Outcome::Breaks);
    const Finding* silent = first(verdict.findings, Finding::Outcome::NoAnswer);
    const bool disagree = breaks != nullptr && first(verdict.findings, Finding::Outcome::Holds) != nullptr;
    if (verdict.passed && breaks != nullptr) hold_back(verdict, Why::EngineDisagreement, *breaks);
    if (verdict.passed && silent != nullptr) hold_back(verdict, Why::EngineSilent, *silent);
    if (disagree) record(about, verdict);
}

void Jury::record(const Case& about, const gate::Verdict& verdict) {
    ++disagreements_;
    nlohmann::json body = {{"action", wire::to_json(about.action)},
                           {"passed", verdict.passed},
                           {"state_version", verdict.state_version},
                           {"findings", wire::findings_json(verdict)}};
    const std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const auto kept = ledger_.append("engine.disagreement", about.target, about.actor, text);
    bus_.publish({"engine.disagreement", about.target, text, kept ? kept->id : std::string()});
    if (kept) bus_.publish({"ledger.record", kept->target, record_summary(*kept), kept->id});
    std::string told = gate::describe(about.action.object) + " on " + about.target + ":";
    for (const Finding& finding : verdict.findings)
        told += " " + finding.engine + " " + std::string(to_string(finding.outcome)) + ",";
    told.pop_back();
    if (!kept) told += "; it could not be recorded: " + kept.error().message;
    if (told_) told_(told);
}

Jury::Counts Jury::counts() const {
    const std::lock_guard lock(counts_mutex_);
    return counts_;
}

}  // namespace helix::usecases
