#include "service/wire/verdict_json.hpp"

#include "domain/cluster/floor.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::wire {
namespace {

using gate::UnitCase;
using gate::Verdict;
using gate::Why;
using nlohmann::json;

double percent(std::int64_t micro_pct) {
    return static_cast<double>(micro_pct) / 1e6;
}

bool blocks(Why why) {
    return why != Why::Neutral && why != Why::Safe && why != Why::Release && why != Why::Relief;
}

json breaks(const Verdict& verdict) {
    json units = json::array();
    for (const UnitCase& unit : verdict.cases) {
        if (!blocks(unit.why)) continue;
        units.push_back({{"unit", unit.unit},
                         {"why", gate::to_string(unit.why)},
                         {"used_pct", percent(cluster::used_micro_pct(unit.capacity, unit.used))},
                         {"after_pct", percent(cluster::used_micro_pct(unit.capacity, unit.after))},
                         {"limit_pct", percent(cluster::used_micro_pct(unit.capacity, unit.limit))}});
    }
    return units;
}

/// The worst case of the unit that decided: the pods that landed on it and the old ones gone by then.
json counterexample(const Verdict& verdict) {
    const UnitCase& unit = verdict.cases[static_cast<std::size_t>(verdict.worst)];
    json pods = json::array();
    for (std::size_t group = 0; group < verdict.groups.size(); ++group) {
        const std::int64_t count = verdict.placed[unit.row * verdict.groups.size() + group];
        if (count > 0) pods.push_back({{"owner", verdict.groups[group].owner}, {"count", count}});
    }
    std::int64_t gone = 0;
    for (auto i = unit.leaving_from; i < unit.leaving_to; ++i)
        gone += verdict.leaving[static_cast<std::size_t>(i)].gone;
    return json::array({{{"unit", unit.unit}, {"pods", std::move(pods)}, {"gone", gone}, {"after", unit.after}}});
}

json remedies(const Verdict& verdict) {
    json list = json::array();
    for (const gate::Remedy& remedy : verdict.remedies) {
        json one = {{"what", remedy.what}};
        if (remedy.replicas) one["replicas"] = *remedy.replicas;
        if (!remedy.cordon.empty()) one["cordon"] = remedy.cordon;
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace

json to_json(const Verdict& verdict, ledger::Sha256) {
    json result = {{"passed", verdict.passed},
                   {"reason", verdict.reason},
                   {"after_pct_est", percent(verdict.after_micro_pct)},
                   {"why", gate::to_string(verdict.why)},
                   {"position", gate::to_string(verdict.position)},
                   {"effect", gate::to_string(verdict.effect)},
                   {"remedies", remedies(verdict)},
                   {"break", breaks(verdict)},
                   {"engine", "builtin"},
                   {"engine_version", "1"}};
    if (verdict.why == Why::Relief) result["improvement_certain"] = verdict.improvement_certain;
    if (verdict.worst >= 0 && (verdict.why == Why::FloorBreak || verdict.why == Why::BreakUnit) &&
        !verdict.groups.empty())
        result["counterexample"] = counterexample(verdict);
    if (verdict.max_safe) result["max_safe"] = *verdict.max_safe;
    return result;
}

}  // namespace helix::wire
