#include "domain/gate/unit_cases.hpp"

#include <algorithm>

namespace helix::gate {

using cluster::NodeId;

bool blocks(Why why) {
    return why != Why::Neutral && why != Why::Safe && why != Why::Release && why != Why::Relief;
}

std::vector<Leaving> classes_of(std::span<const Departure> pods) {
    std::vector<Leaving> classes;
    for (const Departure& pod : pods) {
        auto found = std::find_if(classes.begin(), classes.end(), [&](const Leaving& other) {
            return other.incoming == pod.group && other.request == pod.request;
        });
        if (found == classes.end()) found = classes.insert(found, {pod.request, {}, pod.group});
        found->uses.push_back(pod.use);
    }
    for (Leaving& one : classes) std::sort(one.uses.begin(), one.uses.end());
    return classes;
}

std::span<const Departure> Movements::leaving_on(NodeId row) const {
    Departure wanted;
    wanted.row = row;
    const auto here = std::equal_range(leaving.begin(), leaving.end(), wanted,
                                       [](const Departure& a, const Departure& b) { return a.row < b.row; });
    return {here.first, here.second};
}

void UnitCases::reserve(std::size_t units, std::size_t others) {
    touched_.reserve(units);
    written_.reserve(others);
    placed_.reserve(others * movements_.most.size());
    leaving_.reserve(others);
}

void UnitCases::add(NodeId id, const Outcome& outcome, const std::vector<std::int64_t>& placed,
                    std::vector<Leaving>&& leaving, const std::vector<std::int64_t>& gone) {
    Written one{static_cast<std::uint32_t>(touched_.size()), outcome, static_cast<std::uint32_t>(placed_.size()), 0,
                static_cast<std::uint32_t>(leaving_.size()), 0};
    placed_.insert(placed_.end(), placed.begin(), placed.end());
    for (std::size_t i = 0; i < leaving.size(); ++i)
        leaving_.push_back({leaving[i].request, std::move(leaving[i].uses), leaving[i].incoming, gone[i]});
    one.placed_to = static_cast<std::uint32_t>(placed_.size());
    one.leaving_to = static_cast<std::uint32_t>(leaving_.size());
    written_.push_back(one);
    touched_.push_back(id);
}

const UnitCases::Written* UnitCases::written(std::size_t at) const {
    const auto found = std::lower_bound(written_.begin(), written_.end(), at,
                                        [](const Written& one, std::size_t wanted) { return one.at < wanted; });
    return found != written_.end() && found->at == at ? &*found : nullptr;
}

Bytes UnitCases::used_on(NodeId id) const {
    return rows_[id].used + (movements_.unseen.empty() ? 0 : std::max<Bytes>(movements_.unseen[id], 0));
}

UnitSums UnitCases::sums(std::size_t at) const {
    const NodeId id = touched_[at];
    UnitSums sums{rows_[id].capacity, 0, 0, 0};
    if (const Written* one = written(at)) {
        sums.used = one->outcome.used;
        sums.after = one->outcome.after;
        sums.settled = one->outcome.settled;
    } else {
        sums.used = sums.after = used_on(id);
        for (std::size_t group = 0; group < movements_.most.size(); ++group)
            sums.after += movements_.most[group][id] * movements_.each[group];
        sums.settled = sums.after;
    }
    return sums;
}

UnitCase UnitCases::operator[](std::size_t at) const {
    const NodeId id = touched_[at];
    const cluster::UnitRow& row = rows_[id];
    const Written* one = written(at);
    const UnitSums figures = sums(at);
    UnitCase unit;
    unit.unit = rows_.facts(id).name;
    unit.capacity = row.capacity;
    unit.floor_share = rows_.facts(id).floor.share;
    unit.limit = row.limit;
    unit.used = figures.used;
    unit.free = row.free;
    unit.after = figures.after;
    unit.settled = figures.settled;
    for (std::size_t group = 0; group < movements_.most.size(); ++group)
        unit.most.push_back(one == nullptr || one->outcome.takes_pods ? movements_.most[group][id] : 0);
    if (one == nullptr) {
        unit.placed = unit.most;
        for (Leaving& old : classes_of(movements_.leaving_on(id)))
            unit.leaving.push_back({old.request, std::move(old.uses), old.incoming, 0});
        return unit;
    }
    unit.why = one->outcome.why;
    unit.exact = one->outcome.exact;
    unit.placed.assign(placed_.begin() + one->placed_from, placed_.begin() + one->placed_to);
    unit.placed.resize(unit.most.size());
    unit.leaving.assign(leaving_.begin() + one->leaving_from, leaving_.begin() + one->leaving_to);
    return unit;
}

std::vector<UnitCase> UnitCases::blocking() const {
    std::vector<UnitCase> cases;
    for (const Written& one : written_)
        if (blocks(one.outcome.why)) cases.push_back((*this)[one.at]);
    return cases;
}

bool UnitCases::any(Why why) const {
    return std::any_of(written_.begin(), written_.end(), [&](const Written& one) { return one.outcome.why == why; });
}

}  // namespace helix::gate
