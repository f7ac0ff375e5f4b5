#include "service/usecases/run_cycle.hpp"

#include <barrier>
#include <thread>

#include <gtest/gtest.h>

#include "service/usecases/cycle_json.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/usecases/misnaming_store.hpp"
#include "tests/usecases/workbench.hpp"

namespace helix::usecases {
namespace {

using testing::Workbench;

gate::Action scale(const std::string& name, std::int64_t replicas, const std::string& ns = "shop") {
    gate::Action action;
    action.verb = gate::Verb::Scale;
    action.object = {"apps/v1", "Deployment", ns, name};
    action.replicas = replicas;
    return action;
}

CycleRequest ask(std::vector<gate::Action> actions) {
    CycleRequest request;
    request.actor = "tester";
    request.actions = std::move(actions);
    return request;
}

/// Replicas that the simulated API server stores.
std::int64_t replicas_of(Workbench& bench, const std::string& name, const std::string& ns = "shop") {
    std::int64_t replicas = -1;
    bench.target->with_world([&](simulated::World& world) {
        if (const auto* found = world.find({"Deployment", ns, name})) replicas = found->workload->replicas_asked;
    });
    return replicas;
}

std::vector<std::string> kinds(Workbench& bench) {
    std::vector<std::string> kinds;
    const auto scanned = bench.store.scan(0, [&](const ledger::Record& record) {
        if (record.kind != "helix.lease") kinds.push_back(record.kind);
        return true;
    });
    EXPECT_TRUE(scanned.ok());
    return kinds;
}

/// The demo world, long enough after its start that metrics show everything.
struct RunCycleTest : ::testing::Test {
    RunCycleTest() { bench.pass(120); }
    Workbench bench;
};

TEST_F(RunCycleTest, APassIsWrittenBetweenItsIntentAndItsReceipt) {
    const std::int64_t before = replicas_of(bench, "cart");
    const auto cycle = bench.helix->run(ask({scale("cart", before + 1)}));
    ASSERT_TRUE(cycle.ok()) << cycle.error().message;
    EXPECT_EQ(cycle->outcome(), StepState::Done);
    EXPECT_EQ(replicas_of(bench, "cart"), before + 1);
    EXPECT_EQ(kinds(bench), (std::vector<std::string>{"helix.intent", "helix.cycle"}));
    const auto& result = *cycle->steps.front().result;
    EXPECT_FALSE(result.resource_version_before.empty());
    EXPECT_LT(std::stoll(result.resource_version_before), std::stoll(result.resource_version_after));
    EXPECT_FALSE(cycle->steps.front().readings.empty());
    EXPECT_EQ(bench.bus.types(),
              (std::vector<std::string>{"ledger.record", "helix.verdict", "helix.cycle", "ledger.record"}));
    EXPECT_TRUE(verify_ledger(bench.store, openssl_digest::sha256)->whole());
}

TEST_F(RunCycleTest, ABreakWritesNothingAndStillLeavesAReceipt) {
    const std::int64_t before = replicas_of(bench, "cart");
    const auto cycle = bench.helix->run(ask({scale("cart", before + 60)}));
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->outcome(), StepState::Blocked);
    EXPECT_EQ(replicas_of(bench, "cart"), before);
    EXPECT_EQ(kinds(bench), std::vector<std::string>{"helix.cycle"});
    EXPECT_EQ(status_of(*cycle), "blocked");
    ASSERT_TRUE(cycle->steps.front().verdict->max_safe.has_value());
    const auto most = bench.helix->run(ask({scale("cart", *cycle->steps.front().verdict->max_safe)}));
    EXPECT_EQ(most->outcome(), StepState::Done);
}

TEST_F(RunCycleTest, ADryRunWritesNothingAnywhere) {
    auto request = ask({scale("cart", replicas_of(bench, "cart") + 1)});
    request.dry_run = true;
    const auto cycle = bench.helix->run(request);
    EXPECT_EQ(cycle->outcome(), StepState::WouldPass);
    EXPECT_TRUE(kinds(bench).empty());
}

TEST_F(RunCycleTest, APlanStopsAtItsFirstBreakAndSaysWhatWasDone) {
    const std::int64_t cart = replicas_of(bench, "cart");
    gate::Action cordon;
    cordon.verb = gate::Verb::Cordon;
    cordon.object = {"v1", "Node", "", "demo-node-1"};
    const auto cycle = bench.helix->run(ask({cordon, scale("cart", cart + 60), scale("cart", 1)}));
    ASSERT_TRUE(cycle.ok());
    EXPECT_EQ(cycle->steps[0].state, StepState::Done);
    EXPECT_EQ(cycle->steps[1].state, StepState::Blocked);
    EXPECT_EQ(cycle->steps[2].state, StepState::NotReached);
    EXPECT_EQ(status_of(*cycle), "stopped");
    EXPECT_EQ(replicas_of(bench, "cart"), cart);
}

gate::Action apply(const std::string& kind, const std::string& ns, const std::string& name, const std::string& body) {
    gate::Action action;
    action.verb = gate::Verb::Apply;
    action.object = {"v1", kind, ns, name};
    action.body = body;
    return action;
}

TEST_F(RunCycleTest, APlanMayMakeANamespaceAndWhatStandsInIt) {
    const auto cycle = bench.helix->run(
        ask({apply("Namespace", "", "fresh", R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fresh"}})"),
             apply("ConfigMap", "fresh", "settings",
                   R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"fresh"}})")}));
    ASSERT_TRUE(cycle.ok()) << cycle.error().message;
    EXPECT_EQ(status_of(*cycle), "done");
    const auto lost = bench.helix->run(
        ask({apply("ConfigMap", "nowhere", "settings",
                   R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"nowhere"}})")}));
    EXPECT_EQ(lost.error().code, Code::NotFound);
}

TEST_F(RunCycleTest, RefusalsNameTheFaultAndLeaveNoTrace) {
    EXPECT_EQ(bench.helix->run(ask({scale("nobody", 1)})).error().code, Code::NotFound);
    EXPECT_EQ(bench.helix->run(ask({scale("cart", -1)})).error().code, Code::InvalidArgument);
    EXPECT_EQ(bench.helix->run(ask({})).error().where, "actions");
    auto elsewhere = ask({scale("cart", 1)});
    elsewhere.target = "moon";
    EXPECT_EQ(bench.helix->run(elsewhere).error().code, Code::NotFound);
    gate::Action remove;
    remove.verb = gate::Verb::Delete;
    remove.object = {"apps/v1", "Deployment", "shop", "cart"};
    EXPECT_EQ(bench.helix->run(ask({remove})).error().where, "reason");
    EXPECT_TRUE(kinds(bench).empty());
}

TEST_F(RunCycleTest, AReservationEndsOnceTheMetricsShowTheWrite) {
    const auto runtime = bench.targets.find("sim");
    const auto cycle = bench.helix->run(ask({scale("cart", replicas_of(bench, "cart") + 1)}));
    ASSERT_EQ(cycle->outcome(), StepState::Done);
    EXPECT_EQ(runtime->reserved(), 1U);
    for (int i = 0; i < 20 && runtime->reserved() > 0; ++i) bench.pass(15);
    EXPECT_EQ(runtime->reserved(), 0U);
    EXPECT_EQ(kinds(bench), (std::vector<std::string>{"helix.intent", "helix.cycle"}));  // released, not expired
}

/// Takes `room` commits, then none. Fault: a disk that is full, or fills up half-way.
class FillingStore : public ledger_memory::MemoryLedgerStore {
public:
    explicit FillingStore(int room) : room_(room) {}
    Result<void> commit(std::span<const ports::Entry> entries) override {
        if (room_-- <= 0) return error(Code::Unavailable, "no space left on device");
        return MemoryLedgerStore::commit(entries);
    }
    void make_room() { room_ = 1000; }

private:
    int room_;
};

TEST_F(RunCycleTest, WithoutADurableIntentThereIsNoWrite) {
    FillingStore full(1);  // room for the record that the lease was taken
    testing::Process process(bench, full);
    const std::int64_t before = replicas_of(bench, "cart");
    const auto cycle = process.helix->run(ask({scale("cart", before + 1)}));
    ASSERT_FALSE(cycle.ok());
    EXPECT_EQ(cycle.error().code, Code::Unavailable);
    EXPECT_EQ(replicas_of(bench, "cart"), before);
    EXPECT_EQ(bench.targets.find("sim")->reserved(), 0U);
}

TEST_F(RunCycleTest, AWriteWithoutItsReceiptIsNotTakenForOneThatNeverHappened) {
    FillingStore filling(2);  // the lease and the intent find room, the receipt does not
    testing::Process process(bench, filling);
    const std::int64_t before = replicas_of(bench, "cart");
    auto request = ask({scale("cart", before + 1)});
    request.idempotency_key = "once";
    const auto first = process.once.run(request);
    ASSERT_FALSE(first.ok());
    EXPECT_EQ(first.error().code, Code::UnknownOutcome);
    EXPECT_EQ(replicas_of(bench, "cart"), before + 1);
    EXPECT_EQ(process.once.run(request).error().code, Code::Conflict);
    filling.make_room();
    process.keep();
    EXPECT_EQ(process.receipts.waiting(), 0U);
    const auto again = process.once.run(request);
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->receipt.at("status"), "done");
    EXPECT_EQ(replicas_of(bench, "cart"), before + 1);
}

TEST_F(RunCycleTest, AKeyThatLeadsToAnotherRecordIsNeitherAnsweredNorCarriedOut) {
    testing::MisnamingStore store;
    testing::Process process(bench, store);
    auto request = ask({scale("cart", replicas_of(bench, "cart") + 1)});
    request.idempotency_key = "another";
    const auto another = process.once.run(request);
    ASSERT_TRUE(another.ok()) << another.error().message;
    const std::int64_t before = replicas_of(bench, "cart");
    request.actions = {scale("cart", before + 1)};
    request.idempotency_key = "key";
    const auto receipt = another->receipt.at("ledger").at("receipt_seq").get<std::uint64_t>();
    for (const std::uint64_t seq : {std::uint64_t{0}, receipt, std::uint64_t{555555}}) {
        store.astray[idempotency_name("tester", "key")] = seq;
        const auto refused = process.once.run(request);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, Code::DataLoss) << refused.error().message;
        EXPECT_EQ(refused.error().where, "seq " + std::to_string(seq));
    }
    EXPECT_EQ(replicas_of(bench, "cart"), before);
    store.astray.clear();
    EXPECT_TRUE(process.once.run(request).ok());
}

TEST_F(RunCycleTest, AKeyThatSeemsToBeBegunByARecordThatIsNoIntentIsNotWaitedFor) {
    ASSERT_TRUE(bench.process->writer
                    .append(LedgerDraft{
                        "test.decoy", "sim", "tester", R"({"idempotency_key":"key"})", {asked_name("tester", "key")}})
                    .ok());
    auto request = ask({scale("cart", replicas_of(bench, "cart") + 1)});
    request.idempotency_key = "key";
    const auto refused = bench.process->once.run(request);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss) << refused.error().message;
}

/// A node of 16 GiB and two deployments without pods; 13 GiB may be in use.
std::unique_ptr<Workbench> two_empty_deployments(std::uint64_t seed) {
    simulated::SimOptions options;
    options.seed = seed;
    options.demo = false;
    options.memory = {100, 100, 100, 0};
    auto bench = std::make_unique<Workbench>(options);
    bench->target->with_world([](simulated::World& world) {
        const auto make = [&world](const std::string& manifest) {
            const auto made = world.create(manifest);
            ASSERT_TRUE(made.ok()) << made.error().message;
        };
        make(
            R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"status":{"allocatable":{"memory":"16Gi","cpu":"16","pods":"110"},
                 "conditions":[{"type":"Ready","status":"True"}]}})");
        for (const std::string name : {"a", "b"})
            make(
                R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":")" + name +
                R"(","namespace":"default"},
                 "spec":{"replicas":0,"selector":{"matchLabels":{"app":")" +
                name + R"("}},"template":{"metadata":{"labels":{"app":")" + name +
                R"("}},"spec":{"containers":[{"name":"c","image":"x","resources":{"requests":{"memory":"1Gi","cpu":"10m"}}}]}}}})");
    });
    bench->pass(60);
    return bench;
}

TEST(RunCycleRaces, TwoWritesThatFitOnlyOneByOneNeverBothPass) {
    constexpr int kRaces = 1000;
    for (int race = 0; race < kRaces; ++race) {
        const auto bench = two_empty_deployments(static_cast<std::uint64_t>(race) + 1);
        std::barrier start(2);
        StepState states[2] = {};
        const auto run = [&](int which) {
            start.arrive_and_wait();
            const auto cycle = bench->helix->run(ask({scale(which == 0 ? "a" : "b", 8, "default")}));
            ASSERT_TRUE(cycle.ok()) << cycle.error().message;
            states[which] = cycle->outcome();
        };
        std::thread other(run, 1);
        run(0);
        other.join();
        const int done = (states[0] == StepState::Done ? 1 : 0) + (states[1] == StepState::Done ? 1 : 0);
        const int blocked = (states[0] == StepState::Blocked ? 1 : 0) + (states[1] == StepState::Blocked ? 1 : 0);
        ASSERT_EQ(done, 1) << "race " << race;
        ASSERT_EQ(blocked, 1) << "race " << race;
    }
}

}  // namespace
}  // namespace helix::usecases
