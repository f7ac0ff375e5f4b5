#pragma once

#include <memory>
#include <vector>

#include "adapters/config/config.hpp"
#include "service/ports/manifest_judge.hpp"
#include "service/reconcile/check_queue.hpp"
#include "service/reconcile/court_loop.hpp"
#include "service/usecases/court/court.hpp"

namespace helix::app {

/// The courts, one for each target that can hold trials, with their threads.
///
/// Threads: start and stop from one; the rest from any. What it is given references of outlives it.
class CourtWiring {
public:
    struct Ports {
        usecases::Targets& targets;
        usecases::Tenure& tenure;
        usecases::LedgerWriter& writer;
        ports::LedgerStore& store;
        usecases::AnswerOnce& helix;
        ports::EventBus& bus;
        const ports::Clock& clock;
        ledger::Sha256 sha256;
    };

    CourtWiring(const config::Config& config, const Ports& ports);

    void start();
    /// Before the targets go.
    void stop();
    /// Something that a court reads has come by another way than its cluster: alerts.
    void poke();

    [[nodiscard]] const std::vector<std::unique_ptr<court::Court>>& all() const { return courts_; }

private:
    std::unique_ptr<ports::ManifestJudge> judge_;
    std::unique_ptr<reconcile::CheckQueue> checks_;
    std::vector<std::unique_ptr<court::Court>> courts_;
    std::vector<std::unique_ptr<reconcile::CourtLoop>> loops_;
};

}  // namespace helix::app
