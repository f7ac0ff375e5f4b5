#pragma once

#include <chrono>
#include <string>

#include "service/ports/proof_engine.hpp"

namespace helix::smt {

/// Gives a write's obligation, as SMT-LIB text, to Z3 in process: `unsat` holds, a model breaks.
///
/// The text is the one that `helix gate -o smt2` prints, so that any other solver can repeat the answer. Every call has
/// a solver of its own.
class SmtEngine final : public ports::ProofEngine {
public:
    explicit SmtEngine(std::chrono::milliseconds timeout) : timeout_(timeout) {}

    [[nodiscard]] std::string name() const override { return "smt"; }
    /// "z3 4.8.12".
    [[nodiscard]] std::string version() const override;
    gate::Finding judge(const ports::Judged& write) override;

    /// The same for an obligation alone.
    gate::Finding decide(const proof::Obligation& obligation) const;

private:
    const std::chrono::milliseconds timeout_;
};

}  // namespace helix::smt
