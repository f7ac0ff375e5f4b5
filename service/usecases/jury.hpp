#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "domain/gate/action.hpp"
#include "service/ports/event_bus.hpp"
#include "service/ports/proof_engine.hpp"
#include "service/usecases/ledger_writer.hpp"

namespace helix::usecases {

/// The engine of the gate's own rules: it has judged already, and its finding is what the verdict says.
class BuiltinEngine final : public ports::ProofEngine {
public:
    [[nodiscard]] std::string name() const override { return "builtin"; }
    [[nodiscard]] std::string version() const override { return "1"; }
    gate::Finding judge(const ports::Judged& write) override;
};

/// The proof engines that a write has to convince, all of them.
///
/// The gate's own rules always judge: they draw up the verdict, its certificate and its counterexample. Every other
/// engine can only turn a pass into a BREAK. Where one says that a write holds and
/// another that it breaks, one of them is wrong: that is a BREAK, a record `engine.disagreement`, an event of that
/// name, and a call to `on_disagreement`.
///
/// Thread safety: any method from any thread.
class Jury {
public:
    using Engines = std::vector<std::unique_ptr<ports::ProofEngine>>;
    /// `others` come beside the builtin rules. The ports outlive the jury.
    Jury(Engines others, LedgerWriter& ledger, ports::EventBus& bus);

    /// Whether anybody else is to be asked: only then an obligation is needed.
    [[nodiscard]] bool asks_others() const { return engines_.size() > 1; }

    struct Case {
        const std::string& target;
        const std::string& actor;
        const gate::Action& action;
    };
    /// Adds every engine's finding to `verdict`, and turns it into a BREAK unless all find that the write holds.
    void judge(const Case& about, const proof::Obligation& obligation, gate::Verdict& verdict);

    /// Is told of each disagreement, in one sentence; set it before anybody judges.
    void on_disagreement(std::function<void(const std::string&)> told) { told_ = std::move(told); }

    /// How often each engine found what.
    using Counts = std::map<std::pair<std::string, gate::Finding::Outcome>, std::uint64_t>;
    [[nodiscard]] Counts counts() const;
    [[nodiscard]] std::uint64_t disagreements() const { return disagreements_; }

private:
    void record(const Case& about, const gate::Verdict& verdict);

    const Engines engines_;  // the first is the builtin one
    LedgerWriter& ledger_;
    ports::EventBus& bus_;
    std::function<void(const std::string&)> told_;
    std::atomic<std::uint64_t> disagreements_{0};
    mutable std::mutex counts_mutex_;
    Counts counts_;
};

}  // namespace helix::usecases
