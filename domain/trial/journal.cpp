#include "domain/trial/journal.hpp"

#include <algorithm>
#include <utility>

#include "domain/trial/findings.hpp"

namespace helix::trial {
namespace {

/// Where `defect` is or belongs in a list that is sorted.
template <class Noted>
auto place_in(std::vector<Noted>& list, const Defect& defect) {
    return std::lower_bound(list.begin(), list.end(), defect,
                            [](const Noted& one, const Defect& other) { return defect_before(one.defect, other); });
}

}  // namespace

std::vector<Journal::Line> Journal::note(const Testimony& testimony) {
    auto& list = noted_[static_cast<std::size_t>(testimony.gate)];
    std::vector<Line> lines;
    for (const Defect& defect : testimony.defects) {
        const auto at = place_in(list, defect);
        if (at == list.end() || !same_defect(at->defect, defect)) {
            list.insert(at, {defect, defect.count});
            lines.push_back({testimony.gate, defect});
            continue;
        }
        const Grade before = at->defect.grade;
        at->defect = merged(at->defect, defect);
        const bool doubled = at->defect.count >= 2 * std::max<std::int64_t>(at->recorded_count, 1);
        if (at->defect.grade == before && !doubled) continue;
        at->recorded_count = at->defect.count;
        lines.push_back({testimony.gate, at->defect});
    }
    return lines;
}

void Journal::restore(const Line& line) {
    auto& list = noted_[static_cast<std::size_t>(line.gate)];
    const auto at = place_in(list, line.defect);
    if (at == list.end() || !same_defect(at->defect, line.defect)) {
        list.insert(at, {line.defect, line.defect.count});
        return;
    }
    at->defect = merged(at->defect, line.defect);
    at->recorded_count = std::max(at->recorded_count, line.defect.count);
}

Testimony Journal::complete(Testimony testimony) const {
    const auto& list = noted_[static_cast<std::size_t>(testimony.gate)];
    std::vector<Defect> now = std::move(testimony.defects);
    std::sort(now.begin(), now.end(), defect_before);
    testimony.defects.clear();
    auto current = now.begin();
    for (const Noted& noted : list) {
        while (current != now.end() && defect_before(*current, noted.defect))
            testimony.defects.push_back(std::move(*current++));
        const bool both = current != now.end() && same_defect(*current, noted.defect);
        testimony.defects.push_back(both ? merged(noted.defect, *current++) : noted.defect);
    }
    testimony.defects.insert(testimony.defects.end(), std::make_move_iterator(current),
                             std::make_move_iterator(now.end()));
    std::int64_t raw = 0;
    for (const Defect& defect : testimony.defects) raw += defect.count;
    testimony.raw = std::max(testimony.raw, raw);
    if (testimony.state == EvidenceState::Clean && !testimony.defects.empty())
        testimony.state = EvidenceState::Violations;
    return testimony;
}

std::size_t Journal::size() const {
    std::size_t size = 0;
    for (const auto& list : noted_) size += list.size();
    return size;
}

}  // namespace helix::trial
