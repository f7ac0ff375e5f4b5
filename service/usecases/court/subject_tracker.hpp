#pragma once

#include "service/ports/courtroom.hpp"
#include "service/ports/target.hpp"
#include "service/usecases/court/case_file.hpp"

namespace helix::court {

/// Keeps the subject of a case as it is in the cluster, and its pods over time.
///
/// What changes is told by the target's mirror, which costs nothing; only what the mirror does not keep (images,
/// container IDs, limits) is asked for, once for each generation of the workload and once for each pod.
class SubjectTracker {
public:
    SubjectTracker(const ports::Target& target, ports::Courtroom& room) : target_(target), room_(room) {}

    /// Brings `file.subject`, `subject_found` and `subject_problem` up to date.
    /// @return the revision that is current: the workload's UID and a digest of its pod template; empty: not known
    std::string track(CaseFile& file, Micros now);

    /// A digest of all that the mirror shows of the subject, never 0: `file.subject_seen` when track() took it up.
    [[nodiscard]] std::uint64_t look(const trial::SubjectRef& subject) const;

private:
    struct Seen;

    Result<void> load(CaseFile& file, const Seen& seen);
    void take_pods(CaseFile& file, const Seen& seen, Micros now);

    const ports::Target& target_;
    ports::Courtroom& room_;
};

}  // namespace helix::court
