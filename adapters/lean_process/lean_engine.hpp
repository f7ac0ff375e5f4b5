#pragma once

#include <chrono>
#include <string>

#include "service/ports/proof_engine.hpp"

namespace helix::lean_process {

/// Asks the program helix-gate of proofs/, which decides by the very function that the theorems there speak of.
///
/// One short-lived process per write: one line of integers on its stdin, one JSON verdict on its stdout, no shell, no
/// environment. It is killed at the time limit. A missing program, a crash, junk, or too much output is no answer.
class LeanEngine final : public ports::ProofEngine {
public:
    LeanEngine(std::string program, std::chrono::milliseconds timeout)
        : program_(std::move(program)), timeout_(timeout) {}

    [[nodiscard]] std::string name() const override { return "lean"; }
    [[nodiscard]] std::string version() const override { return "helix-gate 1"; }
    gate::Finding judge(const ports::Judged& write) override;

    /// The same for an obligation alone.
    [[nodiscard]] gate::Finding decide(const proof::Obligation& obligation) const;

private:
    const std::string program_;
    const std::chrono::milliseconds timeout_;
};

}  // namespace helix::lean_process
