#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "domain/trial/score.hpp"

/// The formula once more, from the tables of the specification and with nothing of the code under test but its names.
namespace helix::trial::testing {

struct Reference {
    std::int64_t raw = 100;
    std::int64_t warmth = 0;
    std::int64_t floor = 0;
    std::string verdict;
    bool final = false;

    friend bool operator==(const Reference&, const Reference&) = default;
};

inline Reference reference(const Case& input) {
    using Words = std::set<std::string>;
    static const std::map<std::string, int> weights = {{"conftest-deny", 30},
                                                       {"conftest-warn", 5},
                                                       {"kyverno-violation", 25},
                                                       {"gatekeeper-violation", 25},
                                                       {"gatekeeper-warn", 5},
                                                       {"falco-low", 5},
                                                       {"falco-medium", 15},
                                                       {"falco-high", 35},
                                                       {"falco-critical", 100},
                                                       {"trivy-critical", 40},
                                                       {"trivy-high", 15},
                                                       {"recorded", 0},
                                                       {"waived", 0}};
    static const std::array<int, 8> floors = {30, 40, 50, 60, 70, 80, 0, 0};
    static const Words always = {"conftest-deny", "falco-critical", "falco-high", "trivy-critical"};
    static const Words strict = {"falco-medium", "kyverno-violation", "gatekeeper-violation"};
    const int layer = static_cast<int>(input.layer);
    Words required;
    if (layer != 6) required = {"trivy", "gatekeeper"};
    if (layer >= 1 && layer != 6) required.insert("kyverno");
    if (layer >= 2 && layer != 6) required.insert({"conftest", "falco"});

    Reference answer;
    Words asked, waiting, clean;
    for (const Gate gate : kGates)
        if (input.gates.has(gate)) asked.insert(std::string(to_string(gate)));
    waiting = asked;
    waiting.insert(required.begin(), required.end());
    bool hard = layer == 6, medium = false, guilty = !input.unlimited.empty(), heard = false;
    for (const Testimony& testimony : input.testimonies) {
        const std::string gate{to_string(testimony.gate)};
        if (testimony.state >= EvidenceState::Clean) waiting.erase(gate), heard = true;
        if (testimony.state == EvidenceState::Clean && testimony.defects.empty()) clean.insert(gate);
        if (clean.count(gate) * asked.count(gate) == 1) answer.raw += 10;
        for (const Defect& defect : testimony.defects) {
            const std::string grade{to_string(defect.grade)};
            answer.raw -= weights.at(grade);
            guilty = guilty || weights.at(grade) > 0;
            medium = medium || grade == "falco-medium";
            hard = hard || always.count(grade) == 1 || (layer == 1 && grade == "gatekeeper-violation") ||
                   ((layer == 4 || layer == 5) && strict.count(grade) == 1) || (layer == 7 && weights.at(grade) > 0);
        }
    }
    if (!input.unlimited.empty()) answer.raw -= 20;
    hard = hard || (layer == 7 && !input.unlimited.empty());
    answer.warmth = std::clamp<std::int64_t>(answer.raw, 0, 100);
    answer.floor = std::max<std::int64_t>(input.floor, floors.at(static_cast<std::size_t>(layer)));

    const bool warm = answer.warmth >= answer.floor + 20;
    const bool approval = (layer == 5 || layer == 7) && !input.approved;
    const bool capped = medium || !heard || (!waiting.empty() && !input.tolerate) ||
                        (layer >= 3 && !input.unlimited.empty()) || (layer >= 4 && !input.without_digest.empty()) ||
                        (layer == 7 && (clean.size() < 5 || answer.warmth < 100));
    if (hard || answer.warmth < answer.floor)
        answer.verdict = "DENY";
    else if (!input.subject_found || (!heard && !guilty))
        answer.verdict = "PENDING";
    else
        answer.verdict = warm && !capped && !approval ? "ADMIT" : "WATCH";

    std::int64_t missing = 0;
    for (const std::string& gate : waiting) missing += asked.count(gate) == 1 ? 10 : 0;
    const bool settled = waiting.empty() || input.tolerate || answer.raw + missing < answer.floor;
    const bool only_approval_missing = answer.verdict == "WATCH" && warm && !capped && approval;
    answer.final = hard || (input.served && input.subject_found && answer.verdict != "PENDING" && settled &&
                            !only_approval_missing);
    return answer;
}

}  // namespace helix::trial::testing
