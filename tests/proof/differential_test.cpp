// The gate's own rules against the SMT engine, and against the Lean program where HELIX_LEAN_GATE names one, on seeded
// clusters and writes of which half decide at a node's limit or one byte past it. The solver is given the write's
// obligation, which shares no sums with the gate.
#include <filesystem>
#include <iostream>
#include <memory>

#include "adapters/lean_process/lean_engine.hpp"
#include "adapters/smt/smt_engine.hpp"
#include "domain/proof/smt_text.hpp"
#include "domain/proof/write_theorem.hpp"
#include "tests/oracle/property.hpp"

namespace helix::oracle {
namespace {

using gate::Finding;
using gate::Verdict;

const std::vector<WriteKind> kAll = {WriteKind::Scale,  WriteKind::Roll,   WriteKind::Evict,   WriteKind::Drain,
                                     WriteKind::Delete, WriteKind::Cordon, WriteKind::Uncordon};

std::string told(const Verdict& verdict) {
    std::string text = (verdict.passed ? "PASS " : "BREAK ") + std::string(to_string(verdict.why)) + "\n";
    for (const gate::UnitCase& unit : verdict.cases)
        text += unit.unit + ": used " + std::to_string(unit.used) + ", after " + std::to_string(unit.after) +
                ", limit " + std::to_string(unit.limit) + " " + std::string(to_string(unit.why)) + "\n";
    return text;
}

bool inexact(const Verdict& verdict) {
    return !verdict.passed && verdict.worst >= 0 && !verdict.cases[static_cast<std::size_t>(verdict.worst)].exact;
}

/// The engines that are there.
struct Engines {
    Engines() {
        all.push_back(std::make_unique<smt::SmtEngine>(std::chrono::seconds(20)));
        if (const char* program = std::getenv("HELIX_LEAN_GATE");
            program != nullptr && std::filesystem::exists(program))
            all.push_back(std::make_unique<lean_process::LeanEngine>(program, std::chrono::seconds(20)));
        else
            std::cout << "[ WARNING  ] HELIX_LEAN_GATE names no helix-gate: the Lean program is NOT compared\n";
    }
    std::vector<std::unique_ptr<ports::ProofEngine>> all;
};

/// Judges `request` in every way; the verdict. A difference fails the property.
Verdict agreed(const Engines& engines, const Scenario& scenario, const gate::Request& request,
               std::span<const gate::Reservation> reserved = {}) {
    const auto effect = gate::effect_of(request, scenario.state, settings());
    if (!effect) RC_FAIL("effect_of: " + effect.error().message);
    Verdict verdict = gate::judge_effect(scenario.state, reserved, *effect, request.action.reason, settings());
    const proof::Obligation obligation =
        proof::obligation_of(scenario.state, reserved, *effect, request.action.reason, settings());
    for (const auto& engine : engines.all) {
        const Finding finding = engine->judge({verdict, obligation});
        const bool holds = finding.outcome == Finding::Outcome::Holds;
        if (finding.outcome != Finding::Outcome::NoAnswer && (holds == verdict.passed || (holds && inexact(verdict))))
            continue;
        RC_FAIL(describe(scenario.model) + told(verdict) + finding.engine + ": " + finding.detail + "\n" +
                smt_text(obligation));
    }
    return verdict;
}

TEST(ProofDifferential, OneWriteIsJudgedAlike) {
    const Engines engines;
    check_property(2'000, [&] {
        const Draw draw = draw_number;
        const Scenario scenario = tell(draw_model(draw, {kAll}));
        const Verdict verdict = agreed(engines, scenario, scenario.requests.front());
        RC_CLASSIFY(verdict.passed, "passed");
        RC_CLASSIFY(!verdict.passed, "broken");
    });
}

TEST(ProofDifferential, WritesOnTopOfReservationsAreJudgedAlike) {
    const Engines engines;
    check_property(1'000, [&] {
        const Draw draw = draw_number;
        Wanted wanted{kAll};
        wanted.writes = 3;
        const Scenario scenario = tell(draw_model(draw, wanted));
        std::vector<gate::Reservation> reserved;
        for (const gate::Request& request : scenario.requests) {
            const Verdict verdict = agreed(engines, scenario, request, reserved);
            RC_CLASSIFY(verdict.passed && !reserved.empty(), "passed with reservations");
            if (!verdict.passed) break;
            const auto effect = gate::effect_of(request, scenario.state, settings());
            reserved.push_back({"r" + std::to_string(reserved.size()), *effect, kNow + 60'000'000, false});
        }
    });
}

// What `helix verify certificate --lean` states is what the certificate says.
TEST(ProofDifferential, ACertificateStatesItsOwnVerdict) {
    const Engines engines;
    check_property(1'000, [&] {
        const Draw draw = draw_number;
        const Scenario scenario = tell(draw_model(draw, {kAll}));
        const gate::Request& request = scenario.requests.front();
        const auto effect = gate::effect_of(request, scenario.state, settings());
        const Verdict verdict = gate::judge_effect(scenario.state, {}, *effect, request.action.reason, settings());
        const gate::Certificate certificate = gate::certify(verdict);
        RC_ASSERT(proof::theorem_of(certificate, "").ok() == !inexact(verdict));
        RC_PRE(!inexact(verdict));
        const proof::Obligation obligation = proof::obligation_of(certificate);
        for (const auto& engine : engines.all) {
            const Finding finding = engine->judge({verdict, obligation});
            if (finding.outcome != (verdict.passed ? Finding::Outcome::Holds : Finding::Outcome::Breaks))
                RC_FAIL(describe(scenario.model) + told(verdict) + finding.engine + ": " + finding.detail + "\n" +
                        smt_text(obligation));
        }
    });
}

}  // namespace
}  // namespace helix::oracle
