#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/simulated/simulated_target.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/answer_once.hpp"
#include "service/usecases/recovery.hpp"
#include "service/usecases/run_cycle.hpp"

namespace helix::testing {

/// Keeps what was published.
class RecordingBus : public ports::EventBus {
public:
    void publish(ports::Event event) override {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    }
    [[nodiscard]] std::vector<std::string> types() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> types;
        for (const ports::Event& event : events_) types.push_back(event.type);
        return types;
    }

private:
    mutable std::mutex mutex_;
    std::vector<ports::Event> events_;
};

/// The simulation's virtual time as the use-cases' clock.
class VirtualClock : public ports::Clock {
public:
    explicit VirtualClock(const simulated::SimClock& clock) : clock_(clock) {}
    [[nodiscard]] std::int64_t now_us() const override { return clock_.now(); }
    [[nodiscard]] std::int64_t steady_us() const override { return clock_.now(); }

private:
    const simulated::SimClock& clock_;
};

struct Workbench;

/// What one process of the service has for itself; another one on the same ledger and target takes over from it.
struct Process {
    Process(Workbench& bench, ports::LedgerStore& store, ports::LeaseStore& leases, std::string holder,
            std::int64_t grace_us);
    Process(Workbench& bench, ledger_memory::MemoryLedgerStore& store, std::string holder = "bench",
            std::int64_t grace_us = 0)
        : Process(bench, store, store, std::move(holder), grace_us) {}

    void keep() {
        const auto newly = tenure.hold();
        if (newly && *newly) {
            EXPECT_TRUE(recovery.begin().ok());
        }
        recovery.end_open();
        EXPECT_TRUE(recovery.mark().ok());
        helix->sweep();
    }

    usecases::LedgerWriter writer;
    usecases::Tenure tenure;
    usecases::Receipts receipts;
    std::unique_ptr<usecases::RunCycle> helix;
    usecases::Recovery recovery;
    usecases::AnswerOnce once;
};

/// The helix over one simulated cluster in virtual time, with a ledger in memory.
struct Workbench {
    explicit Workbench(simulated::SimOptions options = {}) : clock(sim_clock), ids(clock) {
        options.clock = &sim_clock;
        auto made = simulated::make_simulated_target("sim", options);
        target = made.get();
        targets.add(std::move(made));
        process = std::make_unique<Process>(*this, store);
        helix = process->helix.get();
    }

    void pass(std::int64_t seconds) {
        sim_clock.advance(seconds * 1'000'000);
        process->keep();
    }

    simulated::SimClock sim_clock;
    VirtualClock clock;
    system::UlidSource ids;
    ledger_memory::MemoryLedgerStore store;
    RecordingBus bus;
    usecases::Targets targets;
    usecases::HelixRules rules;
    simulated::SimulatedTarget* target = nullptr;
    std::unique_ptr<Process> process;
    usecases::RunCycle* helix = nullptr;
};

inline Process::Process(Workbench& bench, ports::LedgerStore& store, ports::LeaseStore& leases, std::string holder,
                        std::int64_t grace_us)
    : writer(store, bench.clock, bench.ids, openssl_digest::sha256),
      tenure(leases, bench.clock, std::move(holder), std::chrono::hours(1)),
      receipts(writer, bench.bus, openssl_digest::sha256),
      helix(std::make_unique<usecases::RunCycle>(bench.targets, tenure, receipts, writer, bench.bus, bench.clock,
                                                 bench.ids, bench.rules)),
      recovery(bench.targets, tenure, receipts, writer, store, *helix, bench.clock, grace_us),
      once(*helix, store, openssl_digest::sha256) {
    keep();
}

}  // namespace helix::testing
