#pragma once

#include <mutex>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "service/ports/ledger_store.hpp"
#include "service/usecases/run_cycle.hpp"

namespace helix::usecases {

/// Carries out each keyed request once: asked again, also after a restart or of another process, it answers with the
/// receipt in the ledger.
///
/// Thread safety: any method from any thread.
class AnswerOnce {
public:
    AnswerOnce(RunCycle& helix, ports::LedgerStore& store, ledger::Sha256 sha256)
        : helix_(helix), store_(store), sha256_(sha256) {}

    struct Answer {
        nlohmann::json receipt;  ///< schema Cycle
        bool replayed = false;
    };

    /// Runs `request`, which has an idempotency key and its own digest; or answers from the receipt of the first time.
    /// Errors: those of RunCycle::run; AlreadyExists when the first request with this key was another one; Conflict
    /// while the first is under way, or its end is not recorded yet; DataLoss when the key leads to a record that is
    /// not of this key.
    Result<Answer> run(const CycleRequest& request);

private:
    Result<std::optional<nlohmann::json>> known(const CycleRequest& request);

    RunCycle& helix_;
    ports::LedgerStore& store_;
    const ledger::Sha256 sha256_;
    std::mutex mutex_;
    std::set<std::string> under_way_;  // names of requests without a receipt yet
};

/// The content of a `helix.cycle` record with the record's place in the ledger (schema Cycle); an empty object when its
/// body is none.
nlohmann::json receipt_of(const ledger::Record& record);

}  // namespace helix::usecases
