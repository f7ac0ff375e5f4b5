#pragma once

#include <cstdint>
#include <span>

#include "domain/core/int128.hpp"
#include "domain/gate/certificate.hpp"

/// The arithmetic behind `check`, apart from the gate's own: used by certificate.cpp and its tests.
namespace helix::gate::recheck {

/// Sums saturate here, 2^61 - 1, as the gate's do.
inline constexpr Int128 kBytesMost = (static_cast<Int128>(1) << 61) - 1;

/// Whether something exists; Undecided when the steps ran out.
enum class Answer { No, Yes, Undecided };

/// Whether every integer of the unit is of a size with which no sum here overflows, counts and uses are not negative,
/// and the vectors fit `groups`.
bool well_formed(const CertificateUnit& unit, std::span<const JudgedGroup> groups);

/// Whether the unit's own `placed` and `gone` can happen together: bounds, couplings, room.
bool feasible(const CertificateUnit& unit, std::span<const JudgedGroup> groups);

/// Bytes in use with the unit's own `placed` and `gone`.
Int128 witness(const CertificateUnit& unit, std::span<const JudgedGroup> groups);

/// No state uses more: every group alone takes what fits once everybody has gone, and nothing is released.
Int128 simple_bound(const CertificateUnit& unit, std::span<const JudgedGroup> groups);

/// Whether some feasible state uses more than `threshold` bytes. Takes its steps from `steps_left`.
Answer exceeds(const CertificateUnit& unit, std::span<const JudgedGroup> groups, Int128 threshold,
               std::int64_t& steps_left);

/// Whether a pod of any group (`only_unknown`: of one whose memory is unknown) can come to the unit at all.
bool takes_any(const CertificateUnit& unit, std::span<const JudgedGroup> groups, bool only_unknown);

}  // namespace helix::gate::recheck
