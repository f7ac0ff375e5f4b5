#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "domain/trial/testimony.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/courtroom.hpp"
#include "service/ports/event_bus.hpp"
#include "service/ports/target.hpp"
#include "service/usecases/court/alert_inbox.hpp"
#include "service/usecases/court/case_records.hpp"
#include "service/usecases/court/promoter.hpp"
#include "service/usecases/court/subject_tracker.hpp"
#include "service/usecases/tenure.hpp"

namespace helix::court {

struct CourtRules {
    Micros resync = 60'000'000;  ///< every case is looked at that often even when nothing seems to change
    trial::Periods periods;
    std::vector<std::string> l5_approvers = {"kay"};  ///< whose approval L5 asks for
    std::vector<std::string> l7_approvers;            ///< MEGSCIFIAR's; empty: nobody's, L7 admits nothing
    std::vector<Pool> pools = default_pools();
};

/// What conftest says of a manifest, asked for without waiting: the court looks again when it is there.
struct ManifestChecks {
    /// Asks for a check under `key`, once; `manifest` is the live object.
    std::function<void(const std::string& key, const std::string& manifest, std::int64_t generation, trial::Layer)> ask;
    /// The check asked for under `key`, once it is there; it is forgotten by this.
    std::function<std::shared_ptr<const trial::ManifestCheck>(const std::string& key)> take;
};

/// A case as others see it, unchanged after it was published.
using CaseView = std::shared_ptr<const CaseFile>;

/// One cluster's court: reads what the gates have written, scores, and writes down what follows. It makes no pods.
///
/// Level-triggered: a sitting computes what every trial's records, status and promotion should be and writes the
/// difference; a sitting on nothing new writes nothing. Only the process that has the tenure sits.
///
/// Thread safety: sit() from one thread; the others from any.
class Court {
public:
    /// Kinds of alert held in memory at most, over all trials.
    static constexpr std::size_t kAlertsMax = 20'000;

    struct Ports {
        ports::Target& target;
        ports::Courtroom& room;
        usecases::Tenure& tenure;
        usecases::LedgerWriter& writer;
        ports::LedgerStore& store;
        usecases::AnswerOnce& helix;
        ports::EventBus& bus;
        const ports::Clock& clock;
        ledger::Sha256 sha256;
        ManifestChecks checks;
        /// Keeps a verdict's record as a file; empty: none are kept.
        std::function<void(const std::string& mecipol, const std::string& record)> keep_record = {};
    };

    Court(Ports ports, CourtRules rules);

    /// Looks at every trial once. @return when to look again at the latest (wall clock)
    Micros sit();

    AlertInbox& inbox() { return inbox_; }
    [[nodiscard]] const std::string& target() const { return ports_.target.name(); }
    [[nodiscard]] ports::Courtroom& room() const { return ports_.room; }
    /// Every case as of the last sitting, by namespace and name.
    [[nodiscard]] std::vector<CaseView> cases() const;
    /// nullptr when there is no such trial, or no sitting has seen it yet.
    [[nodiscard]] CaseView find(const std::string& ns, const std::string& name) const;

    struct Figures {
        std::uint64_t sittings = 0;
        std::uint64_t status_writes = 0;
        std::uint64_t judged = 0;                               ///< scores computed
        std::map<trial::Verdict, std::uint64_t> verdicts = {};  ///< final ones
    };
    [[nodiscard]] Figures figures() const;

private:
    using Name = std::pair<std::string, std::string>;

    void attend(CaseFile& file, const ports::Fence& fence, Micros now);
    [[nodiscard]] CaseFile::Glance glance_at(const std::shared_ptr<const trial::Trial>& trial, Micros now) const;
    [[nodiscard]] bool is_settled(const CaseFile& file, const CaseFile::Glance& glance) const;
    bool remember(CaseFile& file, Micros now);
    bool keep_revision(CaseFile& file, const std::string& revision, const ports::Fence& fence, Micros now);
    void judge(CaseFile& file, const ports::Fence& fence, Micros now);
    bool hear(CaseFile& file, const ports::Fence& fence, Micros now);
    [[nodiscard]] std::vector<trial::Testimony> testimonies_of(CaseFile& file, Micros now);
    Result<void> note_gaps(CaseFile& file, const ports::Fence& fence);
    trial::Testimony falco_says(CaseFile& file, const std::vector<trial::FalcoAlert>& reported,
                                const trial::Window& window);
    void ask_conftest(CaseFile& file);
    void look_at_approval(CaseFile& file);
    void conclude(CaseFile& file, const ports::Fence& fence, Micros now);
    void promote(CaseFile& file, const ports::Fence& fence, Micros now);
    void show(CaseFile& file, Micros now);
    void publish_report(CaseFile& file);
    void remember_warmth(CaseFile& file, Micros now);
    void publish(const CaseFile& file, const char* type, Micros now);
    void put_off(CaseFile& file, const Error& why, Micros now);
    Result<void> read_alerts(const CaseFile& file, Micros now);
    Result<void> read_new_alerts();
    void forget_oldest_alerts();
    void look_at_falco();
    bool reads_still(CaseFile& file);
    [[nodiscard]] bool has_served(const CaseFile& file, Micros now) const;
    [[nodiscard]] std::string fingerprint_of(const CaseFile& file, Micros now) const;

    Ports ports_;
    const CourtRules rules_;
    CaseRecords records_;
    SubjectTracker tracker_;
    Promoter promoter_;
    AlertInbox inbox_;

    // Of the sitting thread alone.
    std::map<Name, CaseFile> cases_;
    std::map<std::uint64_t, trial::FalcoAlert> alerts_;  // series of alike ones, by their first record; with counts
    std::map<std::string, std::uint64_t> series_;        // by kind of alert: its newest series
    std::uint64_t alerts_version_ = 0;
    std::uint64_t alerts_seq_ = 0;  // of the ledger, read so far
    std::uint64_t alerts_from_ = 0;
    std::uint64_t alerts_forgotten_to_ = 0;  // records up to this one are not all held any more; 0: all are
    bool alerts_begun_ = false;
    trial::FalcoStanding falco_;
    Micros falco_looked_at_ = 0;
    std::uint64_t falco_version_ = 0;
    std::uint64_t epoch_ = 0;  // of the tenure under which the cases were read

    mutable std::mutex mutex_;  // guards what is published
    std::map<Name, CaseView> views_;
    Figures figures_;
};

}  // namespace helix::court
