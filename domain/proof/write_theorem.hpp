#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/gate/certificate.hpp"
#include "domain/proof/obligation.hpp"

namespace helix::proof {

/// The obligation that a certificate's integers state. What a certificate does not tell is taken so that more has to be
/// shown: every pod to come counts as the write's own.
Obligation obligation_of(const gate::Certificate& certificate);

/// A Lean 4 file that stands alone: `package` (the sources of proofs/ up to gate_sound, without their imports), the
/// certificate's integers as a `Write`, the theorem that the gate passes it (or not), and, when it passed, that every
/// unit it could raise keeps its floor in every reachable state.
/// Errors: Unimplemented for a verdict that rests on an upper bound; InvalidArgument for negative figures.
Result<std::string> theorem_of(const gate::Certificate& certificate, std::string_view package);

}  // namespace helix::proof
