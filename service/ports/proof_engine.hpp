#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/gate/verdict.hpp"
#include "domain/proof/obligation.hpp"

namespace helix::ports {

/// A write as it stands before its judges.
struct Judged {
    const gate::Verdict& verdict;  ///< of the gate's own rules
    const proof::Obligation& obligation;
};

/// One judge of writes: says of each whether it can put a unit that it touches below its floor.
///
/// An engine that cannot tell says so (`Finding::Outcome::NoAnswer`); nobody takes that for a pass.
/// Thread safety: `judge` from any thread, several at a time.
class ProofEngine {
public:
    virtual ~ProofEngine() = default;

    /// "builtin", "smt", "lean".
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::string version() const = 0;
    /// Ends within the engine's time limit. Never an error: what goes wrong is a finding without an answer.
    virtual gate::Finding judge(const Judged& write) = 0;
};

}  // namespace helix::ports
