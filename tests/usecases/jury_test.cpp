#include "service/usecases/jury.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "adapters/lean_process/lean_engine.hpp"
#include "adapters/smt/smt_engine.hpp"
#include "domain/gate/certificate.hpp"
#include "service/usecases/cycle_json.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/usecases/workbench.hpp"

namespace helix::usecases {
namespace {

using gate::Finding;
using testing::Workbench;

/// An engine that always finds the same: no real one can be made to contradict the others at will.
class PlantedEngine final : public ports::ProofEngine {
public:
    explicit PlantedEngine(Finding::Outcome outcome) : outcome_(outcome) {}
    [[nodiscard]] std::string name() const override { return "lean"; }
    [[nodiscard]] std::string version() const override { return "planted"; }
    Finding judge(const ports::Judged&) override { return {name(), version(), outcome_, "as planted", 0}; }

private:
    const Finding::Outcome outcome_;
};

CycleRequest scale_cart(std::int64_t replicas) {
    CycleRequest request;
    request.actor = "tester";
    request.actions.emplace_back();
    request.actions.front().verb = gate::Verb::Scale;
    request.actions.front().object = {"apps/v1", "Deployment", "shop", "cart"};
    request.actions.front().replicas = replicas;
    return request;
}

/// The demo world with real engines, and perhaps a planted one.
struct JuryTest : ::testing::Test {
    JuryTest() { bench.pass(120); }

    Result<Cycle> run(const CycleRequest& request, std::optional<Finding::Outcome> planted = {}) {
        Jury::Engines others;
        others.push_back(std::make_unique<smt::SmtEngine>(std::chrono::seconds(20)));
        if (planted) others.push_back(std::make_unique<PlantedEngine>(*planted));
        return run(request, std::move(others));
    }

    Result<Cycle> run(const CycleRequest& request, Jury::Engines others) {
        jury = std::make_unique<Jury>(std::move(others), bench.process->writer, bench.bus);
        jury->on_disagreement([this](const std::string& what) { alarms.push_back(what); });
        RunCycle helix(bench.targets, bench.process->tenure, bench.process->receipts, bench.process->writer, bench.bus,
                       bench.clock, bench.ids, bench.rules, jury.get());
        return helix.run(request);
    }

    std::vector<ledger::Record> records(const std::string& kind) {
        std::vector<ledger::Record> found;
        const auto scanned = bench.store.scan(0, [&](const ledger::Record& record) {
            if (record.kind == kind) found.push_back(record);
            return true;
        });
        EXPECT_TRUE(scanned.ok());
        return found;
    }

    std::int64_t cart() {
        std::int64_t replicas = -1;
        bench.target->with_world([&](simulated::World& world) {
            replicas = world.find({"Deployment", "shop", "cart"})->workload->replicas_asked;
        });
        return replicas;
    }

    Workbench bench;
    std::unique_ptr<Jury> jury;
    std::vector<std::string> alarms;
};

TEST_F(JuryTest, AWriteThatAllEnginesPassIsWrittenAndNamesThem) {
    const std::int64_t before = cart();
    const auto cycle = run(scale_cart(before + 1));
    ASSERT_TRUE(cycle.ok()) << cycle.error().message;
    EXPECT_EQ(cycle->outcome(), StepState::Done);
    EXPECT_EQ(cart(), before + 1);
    const auto verdict = to_json(*cycle, openssl_digest::sha256)["actions"][0]["verdict"];
    EXPECT_EQ(verdict["engine"], "builtin,smt");
    EXPECT_TRUE(verdict["engine_version"].get<std::string>().starts_with("1,z3 4.")) << verdict["engine_version"];
    EXPECT_EQ(verdict["findings"][1]["outcome"], "holds");
    EXPECT_TRUE(alarms.empty());
}

TEST_F(JuryTest, ABreakIsABreakForTheSolverToo) {
    const auto cycle = run(scale_cart(60));
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->outcome(), StepState::Blocked);
    const gate::Verdict& verdict = *cycle->steps.front().verdict;
    EXPECT_EQ(verdict.why, gate::Why::FloorBreak);
    ASSERT_EQ(verdict.findings.size(), 2U);
    EXPECT_EQ(verdict.findings[1].outcome, Finding::Outcome::Breaks);
    EXPECT_NE(verdict.findings[1].detail.find("Deployment shop/cart"), std::string::npos) << verdict.findings[1].detail;
    EXPECT_EQ(jury->disagreements(), 0U);
    EXPECT_TRUE(records("engine.disagreement").empty());
}

TEST_F(JuryTest, APlantedDisagreementIsABreakAnAlarmAndARecord) {
    const std::int64_t before = cart();
    const auto cycle = run(scale_cart(before + 1), Finding::Outcome::Breaks);
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->outcome(), StepState::Blocked);
    EXPECT_EQ(cart(), before);
    const gate::Verdict& verdict = *cycle->steps.front().verdict;
    EXPECT_EQ(verdict.why, gate::Why::EngineDisagreement);
    EXPECT_TRUE(gate::check(gate::certify(verdict)).ok()) << "its certificate tells what the builtin rules reckoned";
    const auto kept = records("engine.disagreement");
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_NE(kept.front().body.find("\"as planted\""), std::string::npos) << kept.front().body;
    ASSERT_EQ(alarms.size(), 1U);
    EXPECT_EQ(alarms.front(), "Deployment shop/cart on sim: builtin holds, smt holds, lean breaks");
    EXPECT_EQ(bench.bus.types().front(), "engine.disagreement");
    EXPECT_EQ(jury->disagreements(), 1U);
    EXPECT_EQ(jury->counts().at({"lean", Finding::Outcome::Breaks}), 1U);
}

TEST_F(JuryTest, ABreakThatAnotherEnginePassesStaysABreakAndIsRecorded) {
    const auto cycle = run(scale_cart(60), Finding::Outcome::Holds);
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->steps.front().verdict->why, gate::Why::FloorBreak);
    EXPECT_EQ(records("engine.disagreement").size(), 1U);
}

TEST_F(JuryTest, AnEngineWithoutAnAnswerHoldsTheWriteBackWithoutAnAlarm) {
    const std::int64_t before = cart();
    const auto cycle = run(scale_cart(before + 1), Finding::Outcome::NoAnswer);
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->steps.front().verdict->why, gate::Why::EngineSilent);
    EXPECT_NE(cycle->steps.front().verdict->reason.find("lean gave no answer"), std::string::npos);
    EXPECT_EQ(cart(), before);
    EXPECT_TRUE(alarms.empty());
}

/// What becomes of a write that everybody else passes when helix-gate is a shell script of these lines.
struct LeanGateTest : JuryTest {
    static constexpr std::chrono::seconds kAmple{60};

    gate::Verdict judged(const std::string& lines, std::chrono::milliseconds timeout = kAmple) {
        const std::filesystem::path script = folder.file("helix-gate");
        std::ofstream(script) << "#!/bin/sh\n" << lines << "\n";
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        return judged_by(script, timeout);
    }

    gate::Verdict judged_by(const std::string& program, std::chrono::milliseconds timeout = kAmple) {
        const std::int64_t before = cart();
        Jury::Engines others;
        others.push_back(std::make_unique<lean_process::LeanEngine>(program, timeout));
        const auto cycle = run(scale_cart(before + 1), std::move(others));
        EXPECT_TRUE(cycle.ok());
        EXPECT_EQ(cart(), before) << "nothing is written";
        EXPECT_TRUE(records("helix.intent").empty());
        return *cycle->steps.front().verdict;
    }

    ledger::TempFolder folder;
};

TEST_F(LeanGateTest, KilledInTheMiddleOfItsVerdictIsABreak) {
    const gate::Verdict verdict = judged("printf '{\"passed\":tr'; kill -9 $$");
    EXPECT_EQ(verdict.why, gate::Why::EngineSilent);
    EXPECT_EQ(verdict.reason, "the proof engine lean gave no answer, so nothing is written: the program was killed");
}

TEST_F(LeanGateTest, JunkIsABreak) {
    EXPECT_EQ(judged("echo '{\"passed\":1}'").findings[1].detail, "helix-gate did not answer with a verdict");
    EXPECT_EQ(judged("echo true").why, gate::Why::EngineSilent);
    EXPECT_EQ(judged("yes '{\"passed\":true}'").findings[1].detail, "the program prints too much");
    EXPECT_EQ(judged("exit 3").findings[1].detail, "the program ended with 3");
    const char* other = R"(echo '{"passed":true,"reason":"","after_pct_est":1,"engine":"lean","engine_version":"2"}')";
    EXPECT_EQ(judged(other).findings[1].detail, "it is another program than helix-gate 1");
}

TEST_F(LeanGateTest, AnAnswerThatComesTooLateIsABreak) {
    const gate::Verdict verdict = judged("sleep 60", std::chrono::milliseconds(400));
    EXPECT_EQ(verdict.why, gate::Why::EngineSilent);
    EXPECT_EQ(verdict.findings[1].detail, "the program did not end within 400 ms");
}

TEST_F(LeanGateTest, AMissingProgramIsABreak) {
    EXPECT_EQ(judged_by(folder.file("nowhere")).findings[1].detail, "no such program");
}

TEST_F(LeanGateTest, WhatItSaysInItsFormCounts) {
    const char* no = R"(read line; test "${line%% *}" = 1 &&
        echo '{"passed":false,"reason":"no","unit":0,"after_pct_est":99.5,"engine":"lean","engine_version":"helix-gate 1"}')";
    const gate::Verdict verdict = judged(no);
    EXPECT_EQ(verdict.why, gate::Why::EngineDisagreement);
    EXPECT_EQ(verdict.findings[1].detail, "demo-node-1 can be below its floor");
}

TEST_F(JuryTest, ADryRunAsksAllEnginesAndPrintsWhatASolverCanRepeat) {
    CycleRequest request = scale_cart(60);
    request.dry_run = request.smt2 = true;
    const auto cycle = run(request);
    ASSERT_TRUE(cycle.ok());
    const auto answer = gate_answer(*cycle, openssl_digest::sha256);
    EXPECT_EQ(answer["verdicts"][0]["verdict"]["engine"], "builtin,smt");
    EXPECT_NE(answer["verdicts"][0]["smt2"].get<std::string>().find("(check-sat)"), std::string::npos);
    EXPECT_TRUE(records("helix.cycle").empty());
}

}  // namespace
}  // namespace helix::usecases
