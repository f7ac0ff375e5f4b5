#pragma once

#include <string>

#include "domain/proof/obligation.hpp"

namespace helix::proof {

/// The obligation as SMT-LIB 2.6 text (QF_LIA): satisfiable exactly when some unit that the write touches can be below
/// its floor, so `unsat` is a proof that the write may run, and a model is a counterexample.
///
/// Nothing is decided here. Per unit there are steps, each a symbolic state: which old pods have gone (`gone_U_P_K`)
/// and how many pods of each arrival have landed (`here_U_A_K`). From one step to the next pods only leave and land;
/// what lands must find room, and respects its coupling to old pods. Figures that are not known are symbols, too.
/// Integers are exact.
std::string smt_text(const Obligation& obligation);

/// The symbol of the number of pods of `arrival` on `unit` in its last step; `unit` is an index into the obligation's.
std::string landed_symbol(const Obligation& obligation, std::size_t unit, std::size_t arrival);

/// The symbol that is true only when `unit` breaks its obligation; one of them is in every model.
std::string broken_symbol(std::size_t unit);

}  // namespace helix::proof
