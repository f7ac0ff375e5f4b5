#include "domain/trial/findings.hpp"

#include <algorithm>
#include <tuple>

namespace helix::trial {
namespace {

auto key_of(const Ref& ref) {
    return std::tie(ref.kind, ref.ns, ref.name, ref.uid, ref.resource_version);
}

auto key_of(const Finding& finding) {
    return std::tie(finding.policy, finding.rule, finding.container, finding.carrier);
}

auto key_of(const Defect& defect) {
    return std::tie(defect.policy, defect.rule, defect.container);
}

Defect defect_of(const Finding& finding) {
    Defect defect;
    defect.grade = finding.grade;
    defect.policy = finding.policy;
    defect.rule = finding.rule;
    defect.container = finding.container;
    defect.message = cut(finding.message);
    defect.count = finding.count;
    defect.first_at = defect.last_at = finding.at;
    if (finding.ref != Ref{}) defect.refs.push_back(finding.ref);
    return defect;
}

/// The earlier of two times, of which 0 is not known.
Micros earlier(Micros a, Micros b) {
    if (a == 0 || b == 0) return std::max(a, b);
    return std::min(a, b);
}

}  // namespace

bool same_defect(const Defect& a, const Defect& b) {
    return key_of(a) == key_of(b);
}

bool defect_before(const Defect& a, const Defect& b) {
    return key_of(a) < key_of(b);
}

std::vector<Ref> some_of(std::vector<Ref> refs) {
    std::sort(refs.begin(), refs.end(), [](const Ref& a, const Ref& b) { return key_of(a) < key_of(b); });
    refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
    if (refs.size() > Defect::kRefsMax) refs.resize(Defect::kRefsMax);
    return refs;
}

std::string cut(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // within a UTF-8 character
    return std::string(text.substr(0, end));
}

Defect merged(const Defect& a, const Defect& b) {
    Defect both = a;
    both.grade = graver(a.grade, b.grade);
    if (a.grade == b.grade)
        both.message = std::min(a.message, b.message);
    else
        both.message = both.grade == a.grade ? a.message : b.message;
    both.count = std::max(a.count, b.count);
    both.first_at = earlier(a.first_at, b.first_at);
    both.last_at = std::max(a.last_at, b.last_at);
    both.refs.insert(both.refs.end(), b.refs.begin(), b.refs.end());
    both.refs = some_of(std::move(both.refs));
    return both;
}

void Findings::put_into(Testimony& testimony) && {
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return key_of(a) < key_of(b); });
    testimony.raw = 0;
    testimony.defects.clear();
    for (auto at = findings_.begin(); at != findings_.end();) {
        Defect carried = defect_of(*at);  // all copies of one carrier
        const auto carrier = key_of(*at);
        for (++at; at != findings_.end() && key_of(*at) == carrier; ++at) carried = merged(carried, defect_of(*at));
        testimony.raw += carried.count;
        if (testimony.defects.empty() || !same_defect(testimony.defects.back(), carried)) {
            testimony.defects.push_back(std::move(carried));
            continue;
        }
        Defect& defect = testimony.defects.back();
        const std::int64_t count = defect.count + carried.count;
        defect = merged(defect, carried);
        defect.count = count;
    }
}

std::optional<Testimony> unheard(Gate gate, const Standing& standing, const Subject& subject) {
    Testimony testimony;
    testimony.gate = gate;
    switch (standing.served) {
        case Standing::Served::No:
            testimony.state = EvidenceState::NotInstalled;
            testimony.why = "its API is not served here";
            return testimony;
        case Standing::Served::Unread:
            testimony.state = EvidenceState::Unreadable;
            testimony.why = standing.problem.empty() ? "its reports cannot be read" : standing.problem;
            return testimony;
        case Standing::Served::Listing:
            testimony.why = "its reports are being read for the first time";
            return testimony;
        case Standing::Served::Current:
            break;
    }
    if (!subject.uid.empty()) return std::nullopt;
    testimony.why = "the subject is not there";
    return testimony;
}

}  // namespace helix::trial
