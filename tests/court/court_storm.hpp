#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/court/sim_process.hpp"

namespace helix::testing {

struct StormOptions {
    std::uint64_t seed = 1;
    Dangers dangers;
    bool restarts = false;  ///< the process is replaced now and then, between two sittings
    bool zombies = false;   ///< and the former one goes on sitting for a while
    bool jumps = false;     ///< of the wall clock
};

/// Trials of up to a day, in virtual time, in a cluster in which everything happens that the options allow. What
/// happens in the cluster depends on the seed alone, never on what the court does.
///
/// While it runs it checks what must hold after every sitting at which nothing failed; `check_records` checks the rest.
class Storm {
public:
    explicit Storm(StormOptions options);

    void run();
    void check_records();
    /// A day later, and after a restart: nothing was written but what a new process has to.
    void check_idle();

    /// A digest of every record and of every status that was written.
    [[nodiscard]] std::uint64_t trace() const { return trace_; }
    /// The court's records without what tells one append from another.
    [[nodiscard]] std::vector<std::string> records();
    [[nodiscard]] const std::map<std::string, std::string>& statuses() const { return world_.statuses; }

    int admitted = 0;
    int denied = 0;
    int promoted = 0;
    int closed = 0;
    std::uint64_t kills = 0;

private:
    using Case = std::pair<std::string, int>;  // key and revision

    void plan();
    void put_trials();
    void happen();
    void new_flaw();
    void new_template();
    void take_api();
    void falco_speaks();
    void deliver(std::vector<trial::FalcoAlert> alerts, int revision);
    void call(Micros after, std::function<void()> what);
    void every(Micros period, std::function<void()> what);
    void poke() { due_ = std::min(due_, world_.clock.truth + fate_.time(kSecond / 10, kSecond)); }
    void restart();
    void sit();
    void pass(Micros until);
    void check_sitting();
    void note_trace();
    [[nodiscard]] std::vector<ledger::Record> ledger();

    const StormOptions options_;
    SimWorld world_;
    Fate fate_;
    CountedIds ids_;
    ledger_memory::MemoryLedgerStore store_;
    court::CourtRules rules_;
    std::unique_ptr<SimProcess> process_;
    std::unique_ptr<SimProcess> zombie_;
    std::multimap<Micros, std::function<void()>> calls_;
    Micros due_ = 0;
    Micros ends_ = 0;
    std::vector<std::pair<Micros, Micros>> starts_;  // true time when a process began: the offset then
    int flaws_made_ = 0;
    bool busy_ = true;

    struct Heard {
        int revision = 0;
        std::string rule;
        Micros at = 0;        // the alert's own time
        Micros received = 0;  // both by the wall clock
        Micros truth = 0;
    };
    std::vector<Heard> heard_;
    std::map<std::string, int> pods_known_;                // to a court that sat: revision by name
    std::map<Case, std::set<std::string>> owed_;           // rules that the record of this case must have
    std::map<std::string, std::string> closings_;          // by case key: the record as first seen
    std::map<std::string, std::pair<int, Micros>> ended_;  // by case key: the template at the verdict, true time
    std::map<std::string, Micros> began_;                  // by case key: when its clock began, true time
    std::map<std::string, std::string> finals_;            // last status of a closed case
    std::uint64_t trace_ = 0xcbf29ce484222325ULL;
    std::uint64_t traced_ = 0;
    std::map<std::string, std::string> traced_statuses_;
    std::map<std::string, std::string> first_statuses_;
    std::vector<std::pair<Micros, Micros>> offsets_;  // true time: the wall clock's offset from then on
};

}  // namespace helix::testing
