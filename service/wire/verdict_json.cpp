#include "service/wire/verdict_json.hpp"

#include <utility>

#include "domain/cluster/floor.hpp"
#include "domain/gate/certificate.hpp"
#include "service/wire/certificate_json.hpp"
#include "service/wire/fields.hpp"

namespace helix::wire {
namespace {

using gate::UnitCase;
using gate::Verdict;
using gate::Why;
using nlohmann::json;

constexpr const char* kEngine = "builtin";
constexpr const char* kEngineVersion = "1";

double percent(std::int64_t micro_pct) {
    return static_cast<double>(micro_pct) / 1e6;
}

json break_json(const Verdict& verdict) {
    json units = json::array();
    for (const UnitCase& unit : verdict.cases.blocking()) {
        units.push_back({{"unit", unit.unit},
                         {"why", gate::to_string(unit.why)},
                         {"used_pct", percent(cluster::used_micro_pct(unit.capacity, unit.used))},
                         {"after_pct", percent(cluster::used_micro_pct(unit.capacity, unit.after))},
                         {"limit_pct", percent(cluster::used_micro_pct(unit.capacity, unit.limit))}});
    }
    return units;
}

json remedies_json(const Verdict& verdict) {
    json remedies = json::array();
    for (const gate::Remedy& remedy : verdict.remedies) {
        json one = {{"what", remedy.what}};
        if (remedy.replicas) one["replicas"] = exact_integer(*remedy.replicas);
        if (!remedy.cordon.empty()) one["cordon"] = remedy.cordon;
        remedies.push_back(std::move(one));
    }
    return remedies;
}

/// The placement on the worst unit that breaks its floor, with the old pods that are gone by then.
json counterexample_json(const Verdict& verdict) {
    const UnitCase unit = verdict.cases[static_cast<std::size_t>(verdict.worst)];
    json pods = json::array();
    for (std::size_t i = 0; i < verdict.groups.size(); ++i)
        if (const std::int64_t count = unit.placed[i]; count > 0)
            pods.push_back({{"owner", verdict.groups[i].owner}, {"count", exact_integer(count)}});
    std::int64_t gone = 0;
    for (const gate::JudgedLeaving& old : unit.leaving) gone += old.gone;
    return json::array({{{"unit", unit.unit},
                         {"pods", std::move(pods)},
                         {"gone", exact_integer(gone)},
                         {"after", exact_integer(unit.after)}}});
}

}  // namespace

json findings_json(const Verdict& verdict) {
    json findings = json::array();
    for (const gate::Finding& finding : verdict.findings)
        findings.push_back({{"engine", finding.engine},
                            {"version", finding.version},
                            {"outcome", gate::to_string(finding.outcome)},
                            {"detail", finding.detail},
                            {"took_us", finding.took_us}});
    return findings;
}

json to_json(const Verdict& verdict, ledger::Sha256 sha256) {
    json result = {{"passed", verdict.passed},
                   {"reason", verdict.reason},
                   {"after_pct_est", percent(verdict.after_micro_pct)},
                   {"why", gate::to_string(verdict.why)},
                   {"position", gate::to_string(verdict.position)},
                   {"effect", gate::to_string(verdict.effect)},
                   {"remedies", remedies_json(verdict)},
                   {"break", break_json(verdict)},
                   {"engine", kEngine},
                   {"engine_version", kEngineVersion}};
    for (std::size_t i = 1; i < verdict.findings.size(); ++i) {  // the first is the builtin one
        result["engine"] = result["engine"].get<std::string>() + "," + verdict.findings[i].engine;
        result["engine_version"] = result["engine_version"].get<std::string>() + "," + verdict.findings[i].version;
    }
    if (!verdict.findings.empty()) result["findings"] = findings_json(verdict);
    if (verdict.why == Why::Relief) result["improvement_certain"] = verdict.improvement_certain;
    const bool breaks = verdict.why == Why::FloorBreak || verdict.why == Why::BreakUnit;
    if (breaks && verdict.worst >= 0) result["counterexample"] = counterexample_json(verdict);
    if (verdict.max_safe) result["max_safe"] = exact_integer(*verdict.max_safe);
    // Names reach the state through parsers that take valid UTF-8 only, so that a certificate can always be written.
    if (auto certificate = certificate_json(gate::certify(verdict), sha256)) {
        result["model_hash"] = certificate->at("model_hash");
        result["certificate"] = *std::move(certificate);
    }
    return result;
}

}  // namespace helix::wire
