#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/gate/background.hpp"
#include "domain/gate/effect.hpp"

namespace helix::proof {

using cluster::Amounts;
using cluster::Bytes;

/// Pods of one template that may come.
struct Arrival {
    std::string owner;
    Amounts request;
    std::optional<Bytes> each;  ///< memory of each; none: unknown
    std::int64_t count = 0;     ///< on all units together
    gate::Coupling coupling = gate::Coupling::Free;
    std::int64_t coupled_total = 0;
    bool own = false;  ///< the write itself makes them
};

/// A pod that may leave its unit at any time, or stay.
struct OldPod {
    Amounts request;
    Bytes use = 0;     ///< what its leaving takes from the unit's figure
    int arrival = -1;  ///< index of the arrival coupled to it; -1: none
    bool own = false;  ///< the write itself lets it go
};

/// One unit that the write could touch, as it is before anything has happened.
struct Unit {
    std::string name;
    Bytes capacity = 0;
    std::int64_t floor_share = 0;  ///< 10^-15 percent
    bool floor_known = true;
    Bytes used = 0;
    bool used_known = true;          ///< false: the figure is missing, too old, or a pod here has unknown memory
    Amounts free;                    ///< may be negative
    bool changed = false;            ///< it takes pods afterwards that it did not take before
    std::vector<std::int64_t> most;  ///< per arrival: at most so many here, room aside; 0: none may land
    std::vector<OldPod> old;
};

/// What a write has to show before it may run: its model, with nothing decided yet.
///
/// The gate's own judge and every other engine decide the same question about it: is there a way for pods to leave and
/// to land, step by step, after which some touched unit is below its floor? Made from the cluster's state by a reading
/// of docs/gate.md that shares no code with the gate's sums.
struct Obligation {
    gate::EffectKind effect = gate::EffectKind::Neutral;
    bool unmodelled = false;
    bool relief_granted = false;  ///< relief is on, and the reason references the γ₁ floor
    std::vector<Arrival> arrivals;
    std::vector<Unit> units;
    std::uint64_t state_version = 0;
};

/// The obligation of a write with `effect`. `reason` decides on relief.
Obligation obligation_of(const cluster::State& state, std::span<const gate::Reservation> reservations,
                         const gate::Effect& effect, std::string_view reason, const gate::Settings& settings);

/// Whether a pod of `arrival` can land on `unit` once everybody who may leave has left.
bool can_land(const Obligation& obligation, const Unit& unit, std::size_t arrival);

/// Whether the write lets pods of this unit go.
bool lets_go(const Unit& unit);

/// Whether the write could raise the use of `unit`: one of its own pods can land there; or any pod, where the write
/// lets pods go or opens the unit.
bool raises(const Obligation& obligation, const Unit& unit);

}  // namespace helix::proof
