#include "service/usecases/recovery.hpp"

#include <functional>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/usecases/cycle_json.hpp"
#include "service/usecases/intent_json.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/usecases/workbench.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;
using testing::Process;
using testing::Workbench;

gate::Action scale(const std::string& name, std::int64_t replicas) {
    gate::Action action;
    action.verb = gate::Verb::Scale;
    action.object = {"apps/v1", "Deployment", "shop", name};
    action.replicas = replicas;
    return action;
}

/// Dies, as far as the ledger can see, after `commits` more: everything later fails. A fake, because a process cannot
/// be killed at an exact commit within itself; tests/crash does it to the real one.
class DyingStore : public ledger_memory::MemoryLedgerStore {
public:
    Result<void> commit(std::span<const ports::Entry> entries) override {
        if (commits_ == 0) return error(Code::Unavailable, "the process is dead");
        if (commits_ > 0) --commits_;
        return MemoryLedgerStore::commit(entries);
    }
    void die_after(int commits) { commits_ = commits; }
    void revive() { commits_ = -1; }

private:
    int commits_ = -1;
};

struct RecoveryTest : ::testing::Test {
    RecoveryTest() : first(std::make_unique<Process>(bench, store, "first")) { bench.pass(120); }

    CycleRequest request(std::vector<gate::Action> actions) {
        CycleRequest request;
        request.actor = "tester";
        request.actions = std::move(actions);
        request.idempotency_key = "key";
        request.request_sha256 = "digest";
        return request;
    }

    std::int64_t replicas_of(const std::string& name) {
        std::int64_t replicas = -1;
        bench.target->with_world([&](simulated::World& world) {
            if (const auto* found = world.find({"Deployment", "shop", name}))
                replicas = found->workload->replicas_asked;
        });
        return replicas;
    }

    /// The first process asks for `action`, makes its intent durable and dies before it sends the write.
    Code die_before_sending(const gate::Action& action) {
        simulated::Faults faults;
        faults.write_unsent = 1000;
        bench.target->set_faults(faults);
        store.die_after(1);
        const auto answer = first->once.run(request({action}));
        bench.target->set_faults({});
        EXPECT_FALSE(answer.ok());
        return answer ? Code::Internal : answer.error().code;
    }

    /// The process after the first one, which is gone.
    Process& next(const std::string& holder = "first", std::int64_t grace_us = 0) {
        first.reset();
        store.revive();
        second = std::make_unique<Process>(bench, store, holder, grace_us);
        return *second;
    }

    Workbench bench;
    DyingStore store;
    std::unique_ptr<Process> first;
    std::unique_ptr<Process> second;
};

TEST_F(RecoveryTest, AWriteWithoutReceiptIsEndedAsAppliedAndItsKeyAnswersIt) {
    const std::int64_t before = replicas_of("cart");
    store.die_after(1);  // the intent
    ASSERT_FALSE(first->once.run(request({scale("cart", before + 1)})).ok());
    ASSERT_EQ(replicas_of("cart"), before + 1);
    Process& process = next();
    EXPECT_EQ(process.recovery.open(), 0U);
    const auto answer = process.once.run(request({scale("cart", before + 1)}));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_TRUE(answer->replayed);
    EXPECT_EQ(answer->receipt.at("status"), "done");
    EXPECT_EQ(answer->receipt.at("recovered"), true);
    EXPECT_EQ(answer->receipt.at("actions").at(0).at("outcome"), "applied");
    EXPECT_EQ(answer->receipt.at("actions").at(0).at("verdict").at("passed"), true);
    EXPECT_EQ(replicas_of("cart"), before + 1);
    EXPECT_TRUE(verify_ledger(store, openssl_digest::sha256)->whole());
}

/// The intent is in the ledger, the write never left.
TEST_F(RecoveryTest, AnIntentWithoutItsWriteIsEndedAsNotApplied) {
    const std::int64_t before = replicas_of("cart");
    ASSERT_EQ(die_before_sending(scale("cart", before + 1)), Code::UnknownOutcome);
    Process& process = next();
    const auto answer = process.once.run(request({scale("cart", before + 1)}));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->receipt.at("status"), "failed");
    EXPECT_EQ(answer->receipt.at("actions").at(0).at("outcome"), "not-applied");
    EXPECT_EQ(replicas_of("cart"), before);
}

TEST_F(RecoveryTest, OfAPlanItSaysWhatWasDoneAndWhatWasNot) {
    const std::int64_t cart = replicas_of("cart");
    gate::Action label;
    label.verb = gate::Verb::Label;
    label.object = {"apps/v1", "Deployment", "shop", "cart"};
    label.entries = {{"tier", "front"}};
    store.die_after(2);  // both intents
    ASSERT_FALSE(first->once.run(request({label, scale("cart", cart + 1), scale("cart", cart)})).ok());
    Process& process = next();
    const auto answer = process.once.run(request({}));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    const auto& actions = answer->receipt.at("actions");
    ASSERT_EQ(actions.size(), 3U);
    EXPECT_EQ(actions.at(0).at("outcome"), "applied");
    EXPECT_EQ(actions.at(1).at("outcome"), "applied");
    EXPECT_EQ(actions.at(2).at("outcome"), "not-run");
    EXPECT_EQ(actions.at(2).at("action").at("verb"), "scale");
    EXPECT_EQ(answer->receipt.at("status"), "stopped");
}

TEST_F(RecoveryTest, WhatMayStillBeOnItsWayIsNotCalledNotAppliedAndTheTargetWaits) {
    const std::int64_t before = replicas_of("cart");
    ASSERT_EQ(die_before_sending(scale("cart", before + 1)), Code::UnknownOutcome);
    constexpr std::int64_t kGrace_us = 30'000'000;
    Process& process = next("first", kGrace_us);
    EXPECT_EQ(process.recovery.open(), 1U);
    auto other = request({scale("cart", before)});
    other.idempotency_key = "another";
    EXPECT_EQ(process.once.run(other).error().code, Code::Unavailable);
    bench.sim_clock.advance(kGrace_us);
    process.keep();
    EXPECT_EQ(process.recovery.open(), 0U);
    EXPECT_TRUE(process.once.run(other).ok());
}

TEST_F(RecoveryTest, ADrainLeftHalfWayIsUnknownAndItsWorstCaseStaysReserved) {
    gate::Action drain;
    drain.verb = gate::Verb::Drain;
    drain.reason = "γ₁ floor: the node is to be mended";
    for (int node = 1; node <= 8; ++node) {  // one that the others can take over from
        drain.object = {"v1", "Node", "", "demo-node-" + std::to_string(node)};
        const auto judged = first->helix->judge_only(request({drain}));
        if (judged && judged->outcome() == StepState::WouldPass) break;
    }
    ASSERT_EQ(die_before_sending(drain), Code::UnknownOutcome);
    // What a drain does first, with the mark that it would leave.
    const auto intents = store.list({{}, 1, "helix.intent", {}, true});
    const auto intent = intent_of(intents->front());
    gate::Action cordon = drain;
    cordon.verb = gate::Verb::Cordon;
    ASSERT_EQ(bench.target->write(cordon, {step_mark(intent->cycle, 0), "tester"}).outcome, ports::Outcome::Applied);
    first.reset();
    bench.targets.find("sim")->release(step_mark(intent->cycle, 0));
    Process& process = next();
    EXPECT_EQ(process.recovery.open(), 0U);
    const auto answer = process.once.run(request({drain}));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->receipt.at("status"), "unknown");
    EXPECT_EQ(bench.targets.find("sim")->reserved(), 1U);
    bench.pass(301);
    process.keep();
    EXPECT_EQ(bench.targets.find("sim")->reserved(), 0U);
}

/// What an earlier process ended as unknown may come as long as its reservation says, whoever runs by then.
TEST_F(RecoveryTest, TheWorstCaseOfAWriteThatEndedAsUnknownIsReservedByEveryLaterProcess) {
    const std::int64_t before = replicas_of("cart");
    ASSERT_EQ(die_before_sending(scale("cart", before + 2)), Code::UnknownOutcome);
    const auto intent = intent_of(store.list({{}, 1, "helix.intent", {}, true})->front());
    // Somebody else has written meanwhile: the object does not tell what became of ours.
    gate::Action label;
    label.verb = gate::Verb::Label;
    label.object = {"apps/v1", "Deployment", "shop", "cart"};
    label.entries = {{"tier", "front"}};
    const ports::WriteContext other_mark{"another#0", "tester"};
    ASSERT_EQ(bench.target->write(label, other_mark).outcome, ports::Outcome::Applied);
    TargetRuntime& runtime = *bench.targets.find("sim");
    for (int restart = 0; restart < 3; ++restart) {
        runtime.release(step_mark(intent->cycle, 0));  // the former process's memory is gone with it
        Process& process = next();
        EXPECT_EQ(process.recovery.open() + process.recovery.standing(), 0U);
        EXPECT_FALSE(runtime.recovering());
        EXPECT_EQ(runtime.reserved(), 1U) << "after restart " << restart;
    }
    EXPECT_EQ(first, nullptr);
    EXPECT_EQ(second->once.run(request({}))->receipt.at("status"), "unknown");
    bench.pass(301);
    second->keep();
    EXPECT_EQ(runtime.reserved(), 0U);
    next();
    EXPECT_EQ(runtime.reserved(), 0U);
}

TEST_F(RecoveryTest, WhatAnAutoscalerMayDoStaysReservedOverARestartAndAFinishedScaleDoesNot) {
    gate::Action autoscaler;
    autoscaler.verb = gate::Verb::Create;
    autoscaler.object = {"autoscaling/v2", "HorizontalPodAutoscaler", "shop", "cart"};
    autoscaler.body =
        R"({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"cart","namespace":"shop"},)"
        R"("spec":{"maxReplicas":)" +
        std::to_string(replicas_of("cart") + 2) +
        R"(,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"cart"}}})";
    const auto created = first->once.run(request({autoscaler, scale("cart", replicas_of("cart") + 1)}));
    ASSERT_TRUE(created.ok()) << created.error().message;
    ASSERT_EQ(created->receipt.at("status"), "done") << created->receipt.dump();
    const std::string cycle = created->receipt.at("id");
    TargetRuntime& runtime = *bench.targets.find("sim");
    runtime.release(cycle + "#0");
    runtime.release(cycle + "#1");
    ASSERT_EQ(runtime.reserved(), 0U);
    next();
    EXPECT_EQ(runtime.reserved(), 1U);
    runtime.release(cycle + "#0");
    EXPECT_EQ(runtime.reserved(), 0U) << "of the scale the state tells what is to come";
}

TEST_F(RecoveryTest, ATargetOfWhichNothingIsOpenAnyMoreTakesWritesAgain) {
    bench.targets.find("sim")->set_recovering(true);  // as a tenure that was lost half-way leaves it
    Process& process = next();
    EXPECT_TRUE(process.once.run(request({scale("cart", replicas_of("cart"))})).ok());
}

/// What a caller may nest passes the gate; its receipt nests it deeper and has to find room, too.
TEST_F(RecoveryTest, WhatCouldBeIntendedCanBeEnded) {
    std::string deep = "1";
    for (int i = 0; i < 58; ++i) deep = R"({"x":)" + deep + "}";
    gate::Action apply;
    apply.verb = gate::Verb::Apply;
    apply.object = {"v1", "ConfigMap", "shop", "deep"};
    apply.body =
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep","namespace":"shop"},"data":)" + deep + "}";
    const auto answer = first->once.run(request({apply}));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_TRUE(answer->receipt.contains("ledger"));
    EXPECT_TRUE(verify_ledger(store, openssl_digest::sha256)->whole());
}

TEST_F(RecoveryTest, ASecondProcessWaitsForTheLeaseAndTheFirstIsFencedOffOnceItHasIt) {
    second = std::make_unique<Process>(bench, store, "second");
    EXPECT_FALSE(second->tenure.fence());
    auto refused = second->once.run(request({scale("cart", 1)}));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::Unavailable);
    EXPECT_NE(refused.error().message.find("first"), std::string::npos);
    ASSERT_TRUE(store.release({Tenure::kLease, "first", first->tenure.fence()->epoch}).ok());
    second->keep();
    ASSERT_TRUE(second->tenure.fence());
    // The first still believes: only the fence in the store stops it.
    ASSERT_TRUE(first->tenure.fence());
    const std::int64_t before = replicas_of("cart");
    EXPECT_EQ(first->once.run(request({scale("cart", before + 1)})).error().code, Code::PreconditionFailed);
    EXPECT_EQ(replicas_of("cart"), before);
    EXPECT_TRUE(second->once.run(request({scale("cart", before + 1)})).ok());
}

TEST_F(RecoveryTest, AnotherRequestWithTheSameKeyIsRefused) {
    ASSERT_TRUE(first->once.run(request({scale("cart", replicas_of("cart"))})).ok());
    auto other = request({scale("cart", 1)});
    other.request_sha256 = "another digest";
    const auto refused = first->once.run(other);
    EXPECT_EQ(refused.error().code, Code::AlreadyExists);
    EXPECT_EQ(refused.error().where, "Idempotency-Key");
    other.actor = "somebody else";
    EXPECT_FALSE(first->once.run(other)->replayed);
}

/// A request that was looked up before the first one ended, and gets its turn after that.
TEST_F(RecoveryTest, WithOneKeyNothingIsBegunTwiceThoughTheReceiptCameTooLateToBeSeen) {
    const std::int64_t before = replicas_of("cart");
    ASSERT_TRUE(first->helix->run(request({scale("cart", before + 1)})).ok());
    const auto again = first->helix->run(request({scale("cart", before)}));
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, Code::Conflict);
    EXPECT_EQ(again.error().where, "Idempotency-Key");
    EXPECT_EQ(replicas_of("cart"), before + 1);
    EXPECT_TRUE(first->once.run(request({scale("cart", before + 1)}))->replayed);
}

TEST_F(RecoveryTest, TheNextProcessLooksOnlyAtWhatIsNewSinceTheLast) {
    for (int i = 0; i < 3; ++i) next();
    std::vector<std::string> bodies;
    const auto leases = store.list({{}, 10, "helix.lease", {}, false});
    ASSERT_TRUE(leases.ok());
    for (const ledger::Record& record : *leases) bodies.push_back(record.body);
    ASSERT_EQ(bodies.size(), 4U);
    EXPECT_NE(bodies[3].find(R"("epoch":4)"), std::string::npos) << bodies[3];
    EXPECT_NE(bodies[3].find(R"("open_from":3)"), std::string::npos) << bodies[3];
}

TEST_F(RecoveryTest, ACyclesNameThatLeadsToAnotherRecordEndsNothing) {
    const std::int64_t before = replicas_of("cart");
    store.die_after(1);  // the intent
    ASSERT_FALSE(first->once.run(request({scale("cart", before + 1)})).ok());
    store.revive();
    const auto intents = store.list({{}, 1, "helix.intent", {}, false});
    ASSERT_EQ(intents->size(), 1U);
    const auto intent = intent_of(intents->front());
    ASSERT_TRUE(intent.ok()) << intent.error().message;
    const json another = {{"id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"}};
    ASSERT_TRUE(first->writer
                    .append(LedgerDraft{"helix.cycle", "sim", "tester", another.dump(), {cycle_name(intent->cycle.id)}})
                    .ok());
    const auto survey = survey_intents(store, 0, bench.clock.now_us());
    ASSERT_FALSE(survey.ok()) << survey->open.size() << " open";
    EXPECT_EQ(survey.error().code, Code::DataLoss);
    EXPECT_NE(survey.error().message.find(cycle_name(intent->cycle.id)), std::string::npos) << survey.error().message;
}

/// Calls `late` once, after it was asked twice for an Idempotency-Key: what comes right after a request looked for its
/// receipt, which cannot be timed from outside.
class LateStore : public DyingStore {
public:
    Result<std::optional<std::uint64_t>> find(std::string_view name) override {
        auto found = MemoryLedgerStore::find(name);
        if (late && name.starts_with("idempotency:") && --left_ == 0) std::exchange(late, nullptr)();
        return found;
    }
    std::function<void()> late;

private:
    int left_ = 2;
};

TEST(RecoveryRace, AKeyWhoseCycleIsEndedRightAfterItsReceiptWasLookedForIsAnsweredWithThatReceipt) {
    Workbench bench;
    LateStore store;
    auto process = std::make_unique<Process>(bench, store, "first");
    bench.pass(120);
    gate::Action remove;
    remove.verb = gate::Verb::Delete;
    remove.object = {"apps/v1", "Deployment", "shop", "cart"};
    remove.reason = "γ₁ floor: nothing calls it any more";
    CycleRequest request;
    request.actor = "tester";
    request.actions = {remove};
    request.idempotency_key = "key";
    request.request_sha256 = "digest";
    store.die_after(1);  // the intent
    ASSERT_FALSE(process->once.run(request).ok());
    process.reset();
    bench.pass(120);
    store.revive();
    {
        const std::lock_guard busy(bench.targets.find("sim")->turn());  // so that the cycle cannot be ended yet
        process = std::make_unique<Process>(bench, store, "first");
    }
    ASSERT_EQ(process->recovery.open(), 1U);
    store.late = [&] { process->keep(); };
    const auto answer = process->once.run(request);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(store.late, nullptr);
    EXPECT_TRUE(answer->replayed);
    EXPECT_EQ(answer->receipt.at("actions").at(0).at("outcome"), "applied");
}

/// Counts the intents that are read.
class CountingStore : public DyingStore {
public:
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override {
        auto page = MemoryLedgerStore::list(query);
        if (page && query.kind == "helix.intent") intents_read += page->size();
        return page;
    }
    std::size_t intents_read = 0;
};

TEST(RecoveryBound, AfterALongRunTheNextProcessReadsNoMoreThanAfterAShortOne) {
    Workbench bench;
    CountingStore store;
    auto process = std::make_unique<Process>(bench, store, "first");
    bench.pass(120);
    gate::Action label;
    label.verb = gate::Verb::Label;
    label.object = {"apps/v1", "Deployment", "shop", "cart"};
    std::size_t cycles = 0, read = 0;
    for (const std::size_t more : {600U, 1200U, 1800U}) {
        for (const std::size_t end = cycles + more; cycles < end; ++cycles) {
            label.entries = {{"step", std::to_string(cycles)}};
            CycleRequest request;
            request.actor = "tester";
            request.actions = {label};
            ASSERT_TRUE(process->helix->run(request).ok());
            if (cycles % 50 == 0) process->keep();
        }
        store.intents_read = 0;
        process.reset();
        process = std::make_unique<Process>(bench, store, "first");
        read = store.intents_read;
        EXPECT_GT(read, 0U);
        EXPECT_LE(read, Recovery::kMarkEvery) << "after " << cycles << " cycles";
    }
    const auto marks = store.list({{}, 100, "helix.lease", {}, false});
    EXPECT_GE(marks->size(), 4U + 6U);  // of four processes, and one every thousand records
}

}  // namespace
}  // namespace helix::usecases
