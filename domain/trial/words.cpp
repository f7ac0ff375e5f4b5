#include "domain/trial/words.hpp"

#include <algorithm>
#include <tuple>

namespace helix::trial {

bool is_clean(const Testimony& testimony) {
    return testimony.state == EvidenceState::Clean && testimony.defects.empty();
}

Counted count(const Case& input) {
    Counted counted;
    counted.layer = input.layer;
    counted.floor = input.floor;
    counted.asked = input.gates;
    for (const Testimony& testimony : input.testimonies) {
        if (has_testified(testimony.state)) counted.testified.add(testimony.gate);
        if (is_clean(testimony)) counted.clean.add(testimony.gate);
        for (const Defect& defect : testimony.defects) ++counted.defects[static_cast<std::size_t>(defect.grade)];
    }
    counted.unlimited = !input.unlimited.empty();
    counted.without_digest = !input.without_digest.empty();
    counted.tolerate = input.tolerate;
    counted.approved = input.approved;
    counted.served = input.served;
    counted.subject_found = input.subject_found;
    return counted;
}

std::string cause_of(Gate gate, const Defect& defect) {
    std::string cause{to_string(gate)};
    cause += ' ';
    if (!defect.policy.empty()) cause += defect.policy + '/';
    cause += defect.rule;
    if (!defect.container.empty()) cause += " (" + defect.container + ")";
    return cause;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string joined(GateSet gates) {
    std::vector<std::string> names;
    for (const Gate gate : kGates)
        if (gates.has(gate)) names.emplace_back(to_string(gate));
    return joined(names);
}

std::vector<Charge> charges_of(const Case& input) {
    std::vector<Charge> charges;
    for (const Testimony& testimony : input.testimonies)
        for (const Defect& defect : testimony.defects) charges.push_back({&testimony, &defect});
    const auto key = [](const Charge& one) {
        return std::tie(one.testimony->gate, one.defect->policy, one.defect->rule, one.defect->container,
                        one.defect->grade, one.defect->message, one.defect->count);
    };
    std::sort(charges.begin(), charges.end(), [&](const Charge& a, const Charge& b) { return key(a) < key(b); });
    return charges;
}

}  // namespace helix::trial
