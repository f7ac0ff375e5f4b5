#pragma once

#include <string>

#include "domain/core/result.hpp"
#include "domain/proof/obligation.hpp"

namespace helix::proof {

/// The obligation as the one line of integers that the program helix-gate reads; docs/proof-engines.md describes it.
/// Ends with a line feed.
/// Errors: InvalidArgument when a figure is negative that the Lean model counts in natural numbers.
Result<std::string> lean_line(const Obligation& obligation);

/// The same integers as a term of the type `Write` of proofs/Helix/Gate.lean.
/// Errors: as lean_line.
Result<std::string> lean_term(const Obligation& obligation);

}  // namespace helix::proof
