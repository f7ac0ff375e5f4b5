#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/cluster/pod_shape.hpp"

namespace helix::gate {

using cluster::Amounts;
using cluster::Bytes;

/// How pods to come depend on old pods that may leave.
enum class Coupling {
    Free,       ///< old and new may exist together
    OldFirst,   ///< no new pod while an old one is left
    OneForOne,  ///< a new pod needs its old one gone
};

/// Pods of one kind that may land on the unit.
struct Incoming {
    Amounts request;                     ///< what the scheduler adds up for each
    Bytes each = 0;                      ///< memory of each, as estimated
    std::int64_t most = 0;               ///< at most so many here, room aside
    Coupling coupling = Coupling::Free;  ///< to the leaving classes that name it
    std::int64_t coupled_total = 0;      ///< OneForOne: new pods plus old ones left here never exceed it
};

/// Pods on the unit with equal requests that may leave at any time, or stay.
struct Leaving {
    Amounts request;
    std::vector<Bytes> uses;  ///< ascending
    int incoming = -1;        ///< index of the incoming kind coupled to it; -1: none
};

/// One unit and everything that may happen on it.
struct UnitProblem {
    Bytes used = 0;
    Amounts free;
    std::span<const Incoming> incoming;
    std::span<const Leaving> leaving;
};

/// The worst that can happen on a unit.
struct UnitWorst {
    Bytes after = 0;
    std::vector<std::int64_t> placed;  ///< per incoming kind
    std::vector<std::int64_t> gone;    ///< per leaving class: its so many smallest have left
    bool exact = true;                 ///< false: `after` bounds the worst from above, `placed` is a lower witness
};

/// How many pods of `request` find room in `free`, at most `most`. A request of 0 needs no room.
std::int64_t fitting(const Amounts& free, const Amounts& request, std::int64_t most);

/// The closed form for one kind on a unit that nobody leaves: the most that land, and the use that they make.
std::int64_t lone_count(const Amounts& free, const Incoming& only);
Bytes lone_after(Bytes used, const Incoming& only, std::int64_t count);

/// The highest use that the unit can reach: the maximum of
///
///     used - sum(uses of those gone) + sum(placed_i * each_i)
///
/// over all counts for which the placed pods' requests fit into free + sum(requests of those gone), the bounds `most`
/// hold, and the couplings hold. Exact while the search stays within `steps_max`; an upper bound beyond, which
/// only ever makes the gate stricter.
UnitWorst worst_case(const UnitProblem& problem, int steps_max = 20'000);

}  // namespace helix::gate
