#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/ledger/digest.hpp"
#include "domain/trial/journal.hpp"
#include "domain/trial/reports.hpp"
#include "domain/trial/score.hpp"
#include "domain/trial/subject.hpp"
#include "domain/trial/trial.hpp"
#include "service/usecases/court/patience.hpp"

namespace helix::court {

/// How a trial ended: its MECIPOL record.
struct Closing {
    std::string mecipol;
    std::string record;  ///< the record's body, canonical JSON
    std::uint64_t seq = 0;
    Micros at = 0;
    trial::Verdict verdict = trial::Verdict::Pending;
    trial::Hundredths warmth = 0;
    bool promote = false;
};

/// What became of the promotion that an ADMIT asks for.
struct Promotion {
    bool labelled = false;
    bool routed = false;
    std::string pool;      ///< where the subject was sent; "none": there is no such pool here
    std::string cycle;     ///< of the last step
    std::string problem;   ///< why it is not complete; empty: it is, or was not tried yet
    std::string revision;  ///< of the subject as the promotion left it
    Patience patience;     ///< before a step that was refused is tried again
};

/// What the court needs for its own work on a case, and nobody who looks at it: most of a case's memory.
struct Desk {
    std::string manifest;                        ///< until conftest has seen it
    std::map<std::string, Patience> asked_pods;  ///< by UID: those that have not told their containers yet
    trial::Journal journal;
    std::string fingerprint;               ///< of all that the score depends on; unchanged: nothing to do
    std::optional<ledger::Digest> status;  ///< of it as last written, canonical JSON, without resourceVersions
    std::string status_over;               ///< the trial's resourceVersion before that
    std::uint64_t status_digest = 0;       ///< of it, as the docket tells it
    std::optional<ledger::Digest> report;  ///< of the PolicyReport as last written

    Desk() = default;
    ~Desk() = default;
    Desk(Desk&&) = default;
    Desk& operator=(Desk&&) = default;
    /// A copy of the case is for those who look: it has an empty desk.
    Desk(const Desk&) : Desk() {}
    Desk& operator=(const Desk&) = delete;
};

/// Everything the court remembers of one run of one trial. What must outlive the process is in the ledger, under the
/// names "trial:KEY:0", "trial:KEY:1", ...
struct CaseFile {
    std::string key;  ///< the trial's UID, its generation and its rerun mark: another key is another run
    std::shared_ptr<const trial::Trial> trial;

    std::uint64_t lines = 0;  ///< records so far
    std::uint64_t opened_seq = 0;
    Micros opened_at = 0;   ///< 0: not opened yet
    std::string revision;   ///< the subject's UID and a digest of its pod template; empty: not seen yet
    Micros clock_from = 0;  ///< since when this revision stands trial

    trial::Subject subject;
    bool subject_found = false;
    std::string subject_problem;   ///< why it cannot be read
    bool subject_changed = false;  ///< its pod template is not the one that was judged; only told of a closed case
    std::set<std::string> falco_gaps;
    std::shared_ptr<const trial::ManifestCheck> check;

    std::vector<trial::Testimony> testimonies;  ///< complete: with what the journal holds
    trial::Score score;
    std::string approved_by;       ///< whose approval counts
    std::string approval_problem;  ///< why the approval that is there does not count
    std::string approval_checked;  ///< the annotation that was looked at
    std::vector<trial::WarmthPoint> history;
    std::optional<Closing> closing;
    Promotion promotion;

    Micros served_at = 0;     ///< by the steady clock; 0: not reckoned yet
    Micros restored_at = 0;   ///< by the steady clock: read back, and some evidence is not there again; 0: it is
    bool awaits_set = false;  ///< the ReplicaSet of the new pod template is not there yet
    bool unsure = false;      ///< the ledger may hold lines that this does not show: read it again
    bool changed = true;      ///< since it was published
    std::string phase;
    Desk desk;
    std::string problem;  ///< why the court cannot go on with it
    Micros wake_at = 0;

    /// What there was when the case was attended to. The same again before `wake_at`: nothing to do.
    struct Glance {
        std::shared_ptr<const trial::Trial> trial;
        std::uint64_t evidence = 0;  ///< versions
        std::uint64_t alerts = 0;
        std::uint64_t falco = 0;
        Micros at = 0;
    };
    Glance glance;
    std::uint64_t subject_seen = 0;  ///< digest of what the mirror showed of the subject; 0: not all of it was taken up

    [[nodiscard]] Micros ends_at() const { return clock_from + trial->spec.duration; }
};

/// "UID/GENERATION", and "/MARK" for a rerun.
std::string key_of(const trial::Trial& trial);

/// The gates that are asked: those of the spec and those that the layer requires.
trial::GateSet asked_gates(const trial::TrialSpec& spec);

/// Whether conftest is still to judge the subject as it is now.
bool waits_for_check(const CaseFile& file);

/// The annotation that approves the trial; empty: nobody has.
const std::string& approval_of(const trial::Trial& trial);

/// Whether the layer asks for an approval and what the annotation says was not looked at yet.
bool approval_unchecked(const CaseFile& file);

/// Precheck, Admission, Runtime, ImageScan, Scoring or Done: the first that is not over.
std::string phase_of(const CaseFile& file, Micros now);

/// Why a trial whose time is served has no verdict, in one sentence; empty: its time runs, or it has a verdict.
std::string stalled_by(const CaseFile& file, Micros now);

/// The trial's own ID, or its name in capitals where it has none.
std::string trial_id_of(const trial::Trial& trial);

}  // namespace helix::court
