#include "domain/gate/unit_cases.hpp"

#include <algorithm>

namespace helix::gate {

using cluster::NodeId;

bool blocks(Why why) {
    return why != Why::Neutral && why != Why::Safe && why != Why::Release && why != Why::Relief;
}

void UnitCases::reserve(std::size_t units, std::size_t others) {
    touched_.reserve(units);
    written_.reserve(others);
    placed_.reserve(others * arrivals_.most.size());
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
    return rows_[id].used + (arrivals_.unseen.empty() ? 0 : std::max<Bytes>(arrivals_.unseen[id], 0));
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
        for (std::size_t group = 0; group < arrivals_.most.size(); ++group)
            sums.after += arrivals_.most[group][id] * arrivals_.each[group];
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
    for (std::size_t group = 0; group < arrivals_.most.size(); ++group)
        unit.most.push_back(one == nullptr || one->outcome.takes_pods ? arrivals_.most[group][id] : 0);
    if (one == nullptr) {
        unit.placed = unit.most;
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
