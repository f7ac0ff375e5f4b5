#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/openssl_digest/sha256.hpp"
#include "service/usecases/court/court.hpp"
#include "service/usecases/recovery.hpp"
#include "service/usecases/run_cycle.hpp"
#include "tests/court/faulty_store.hpp"
#include "tests/court/sim_world.hpp"

namespace helix::testing {

/// How often what goes wrong, each in 1,000 calls.
struct Dangers {
    int kill = 0;
    int ledger = 0;
    int cluster = 0;  ///< answers of the API server: 403, 409, unavailable
};

/// The cluster of SimWorld as a target and a courtroom, seen by one process.
class SimTarget : public ports::Target, public ports::Courtroom {
public:
    SimTarget(SimWorld& world, Fate& fate, Dangers dangers) : world_(world), fate_(fate), dangers_(dangers) {}

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] std::string_view kind() const override { return "fake"; }
    [[nodiscard]] std::string address() const override { return "memory"; }
    void read(const std::function<void(const cluster::State&)>& reader) const override { reader(world_.state); }
    [[nodiscard]] ports::Freshness freshness() const override {
        return {true, world_.clock.now_us(), world_.clock.now_us(), {}};
    }
    [[nodiscard]] ports::ConnectionFigures connections() const override { return {}; }
    Result<gate::Preview> preview(const gate::Action& action) override;
    Result<ports::Before> look(const gate::Action& action) override;
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context) override;
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context) override;
    bool await_visible(const gate::Action&, const ports::WriteResult&, int) override { return true; }
    [[nodiscard]] std::vector<ports::WpaScore> wpa_scores() const override { return {}; }
    ports::Courtroom* courtroom() override { return this; }
    void on_change(std::function<void()>) override {}

    [[nodiscard]] trial::Standing trials_standing() const override { return {trial::Standing::Served::Current, {}}; }
    [[nodiscard]] std::vector<std::shared_ptr<const trial::Trial>> trials() const override;
    void follow(const std::set<std::string>&) override {}
    [[nodiscard]] ports::CourtEvidence evidence(const std::string& ns) const override;
    [[nodiscard]] std::uint64_t evidence_version(const std::string&) const override { return world_.version; }
    Result<ports::LiveSubject> subject(const trial::SubjectRef& subject) override;
    Result<trial::SubjectPod> pod(const std::string& ns, const std::string& name) override;
    Result<cluster::Labels> namespace_labels(const std::string&) override { return cluster::Labels{}; }
    Result<bool> approvals_guarded(const trial::Trial&) override { return true; }
    Result<std::uint64_t> write_status(const trial::Trial& trial, const std::string& status_json) override;
    Result<void> publish_report(const trial::Trial&, const std::string&) override {
        if (auto refused = refusal()) return *refused;
        return {};
    }
    Result<void> tell(const trial::Trial& trial, const ports::CourtNotice& notice) override;
    void on_docket_change(std::function<void()>) override {}

private:
    std::optional<Error> refusal();

    SimWorld& world_;
    Fate& fate_;
    const Dangers dangers_;
    const std::string name_ = "sim";
};

class SilentBus : public ports::EventBus {
public:
    void publish(ports::Event) override {}
};

/// conftest's answers come seconds after the question, and go with the process that asked.
struct SlowChecks {
    struct Answer {
        Micros at = 0;
        std::shared_ptr<const trial::ManifestCheck> check;
    };
    std::map<std::string, Answer> answers;
};

/// One process of the service: what it holds in memory goes with it.
class SimProcess {
public:
    SimProcess(SimWorld& world, ledger_memory::MemoryLedgerStore& ledger, CountedIds& ids, Fate& fate, Dangers dangers,
               court::CourtRules rules);

    /// Takes or holds the tenure, and lets the court sit. @return when to sit again; throws Killed
    Micros sit();

    SimWorld& world;
    Fate& fate;
    const Dangers dangers;
    FaultyStore store;
    SilentBus bus;
    usecases::LedgerWriter writer;
    usecases::Tenure tenure;
    usecases::Receipts receipts;
    usecases::Targets targets;
    usecases::HelixRules helix_rules;
    std::unique_ptr<usecases::RunCycle> helix;
    usecases::Recovery recovery;
    usecases::AnswerOnce once;
    SlowChecks checks;
    std::map<std::string, std::string> kept;     // records, as files
    std::unique_ptr<court::AlertInbox> replica;  ///< of a process beside this one, which does not hold the court
    std::unique_ptr<court::Court> court;

private:
    court::ManifestChecks check_ports();
};

}  // namespace helix::testing
