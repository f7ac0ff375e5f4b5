#include <algorithm>
#include <utility>

#include "service/ports/fault_point.hpp"
#include "service/usecases/court/case_json.hpp"
#include "service/usecases/court/court.hpp"
#include "service/usecases/court/report_json.hpp"
#include "service/usecases/court/status_json.hpp"

/// One case at one sitting.
namespace helix::court {
namespace {

using trial::Gate;

constexpr Micros kReadingMax = 30'000'000;  ///< a restarted process lets nobody wait longer for what it reads
constexpr Micros kSoon = 5'000'000;         ///< before something that failed is tried again

template <class T>
std::vector<const T*> pointers(const std::vector<std::shared_ptr<const T>>& all) {
    std::vector<const T*> plain;
    for (const auto& one : all) plain.push_back(one.get());
    return plain;
}

/// An alert from a container of which Falco could not tell the pod: it may be the subject's. "host" is no container.
bool is_from_some_container(const trial::FalcoAlert& alert) {
    return alert.ns.empty() && alert.pod.empty() && !alert.container_id.empty() && alert.container_id != "host";
}

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether the subject is another than the one that was judged. What the promotion itself did is no change.
bool has_changed(const CaseFile& file, const std::string& revision) {
    const std::string& judged = file.promotion.revision.empty() ? file.revision : file.promotion.revision;
    return !revision.empty() && revision != judged;
}

}  // namespace

void Court::put_off(CaseFile& file, const Error& why, Micros now) {
    file.changed = true;
    file.problem = why.message;
    // Somebody else's line has taken the name, or ours is there although the answer was lost.
    file.unsure = file.unsure || why.code == Code::Conflict || why.code == Code::UnknownOutcome;
    file.wake_at = std::min(file.wake_at, now + kSoon);
}

/// Reads back what the ledger knows of the case and this process does not. False: it cannot be read now.
bool Court::remember(CaseFile& file, Micros now) {
    if (file.lines != 0 && !file.unsure) return true;
    const bool open = !file.closing;
    const bool fresh = file.lines == 0;
    file.unsure = false;
    if (const auto restored = records_.restore(file); !restored) {
        file.unsure = file.lines != 0;
        put_off(file, restored.error(), now);
        return false;
    }
    if (fresh && file.lines != 0) {
        if (!file.closing) file.restored_at = ports_.clock.steady_us();
        inbox_.begin(file.clock_from);
    }
    // Whoever closed it may have died before the file was written.
    if (open && file.closing && ports_.keep_record) ports_.keep_record(file.closing->mecipol, file.closing->record);
    return true;
}

void Court::attend(CaseFile& file, const ports::Fence& fence, Micros now) {
    file.problem = file.trial->problem;
    if (!file.problem.empty()) return show(file, now);
    if (!remember(file, now)) return show(file, now);
    if (file.trial->spec.suspend) {
        file.problem = "suspended: nothing is judged";
        return show(file, now);
    }
    const std::string revision = tracker_.track(file, now);
    if (file.closing) {
        const std::string promoted_as = file.promotion.revision;
        promote(file, fence, now);
        if (file.promotion.revision == promoted_as) file.subject_changed = has_changed(file, revision);
        return show(file, now);
    }
    if (file.opened_at == 0 && file.trial->spec.start_after > now) {
        file.wake_at = std::min(file.wake_at, file.trial->spec.start_after);
        return show(file, now);
    }
    if (file.subject_found && !file.subject_problem.empty()) {
        // What is known is of an older generation: nobody is judged by what he was.
        file.wake_at = std::min(file.wake_at, now + kSoon);
        return show(file, now);
    }
    if (!keep_revision(file, revision, fence, now)) return show(file, now);
    if (const auto read = read_alerts(file, now); !read) {
        put_off(file, read.error(), now);
        return show(file, now);
    }
    if (reads_still(file)) {  // a restart alone must change neither warmth nor status
        file.wake_at = std::min(file.wake_at, now + kSoon);
        return;
    }
    if (hear(file, fence, now)) judge(file, fence, now);
    if (!file.closing && now < file.ends_at()) file.wake_at = std::min(file.wake_at, file.ends_at());
    if (const Micros left = file.served_at - ports_.clock.steady_us(); !file.closing && left > 0)
        file.wake_at = std::min(file.wake_at, now + left);
    show(file, now);
}

/// Opens the case, or begins its clock anew when the subject's pod template has changed. False: not now.
bool Court::keep_revision(CaseFile& file, const std::string& revision, const ports::Fence& fence, Micros now) {
    if (revision.empty() && file.opened_at == 0) {  // nobody to try yet
        file.wake_at = std::min(file.wake_at, now + kSoon);
        return false;
    }
    Result<void> kept;
    const auto beginning = [this] {  // what is received from then on is recorded, like as it may be to what came before
        const Micros at = ports_.clock.now_us();
        inbox_.begin(at);
        return at;
    };
    const bool fresh = file.opened_at == 0 || (!revision.empty() && revision != file.revision);
    if (file.opened_at == 0) {
        file.revision = revision;
        kept = records_.open(file, beginning(), fence);
    } else if (!revision.empty() && revision != file.revision) {
        kept = records_.renew(file, revision, beginning(), fence);
        file.testimonies.clear();
        for (trial::SubjectPod& pod : file.subject.pods) pod.current = pod.current && pod.alive;  // they died before it
    }
    if (!kept) put_off(file, kept.error(), now);
    if (kept && fresh) tracker_.track(file, now);  // the revision may be older than its trial
    if (kept && (fresh || file.served_at == 0))
        file.served_at = ports_.clock.steady_us() + std::max<Micros>(0, file.ends_at() - now);
    return kept.ok();
}

/// Whether a case that was read back waits for what its former process had: conftest's word and the gates' lists.
bool Court::reads_still(CaseFile& file) {
    if (file.restored_at == 0) return false;
    if (ports_.clock.steady_us() - file.restored_at > kReadingMax) {
        file.restored_at = 0;
        return false;
    }
    const trial::GateSet asked = asked_gates(file.trial->spec);
    ask_conftest(file);
    const ports::CourtEvidence evidence = ports_.room.evidence(file.subject.ns);
    const auto listing = [&](Gate gate, const trial::Standing& standing) {
        return asked.has(gate) && standing.served == trial::Standing::Served::Listing;
    };
    const bool reads = (asked.has(Gate::Conftest) && !file.check) || listing(Gate::Kyverno, evidence.kyverno) ||
                       listing(Gate::Gatekeeper, evidence.gatekeeper) || listing(Gate::Trivy, evidence.trivy);
    if (!reads) file.restored_at = 0;
    return reads;
}

/// By the wall clock, which outlives the process, and by the steady one, which no jump shortens.
bool Court::has_served(const CaseFile& file, Micros now) const {
    return now >= file.ends_at() && ports_.clock.steady_us() >= file.served_at;
}

/// Everything that a verdict depends on, as text: equal text, equal verdict.
std::string Court::fingerprint_of(const CaseFile& file, Micros now) const {
    const trial::Subject& subject = file.subject;
    std::string print =
        std::to_string(ports_.room.evidence_version(subject.ns)) + "/" + std::to_string(alerts_version_) + "/" +
        std::to_string(subject.generation) + "/" + file.revision + (file.subject_found ? "+" : "-") +
        file.trial->approved_by + "/" + file.trial->megscifiar + "/" + std::to_string(now / rules_.resync) +
        (has_served(file, now) ? "/served" : "/") + (file.check ? "c" : "") + std::to_string(falco_version_);
    for (const trial::SubjectPod& pod : subject.pods)
        print += pod.uid + (pod.alive ? "+" : "-") + std::to_string(pod.containers.size());
    return print;
}

void Court::ask_conftest(CaseFile& file) {
    if (!waits_for_check(file)) return;
    const std::string key = file.key + ":" + std::to_string(file.subject.generation);
    if (auto check = ports_.checks.take(key)) {
        file.check = std::move(check);
    } else if (!file.desk.manifest.empty()) {
        ports_.checks.ask(key, std::exchange(file.desk.manifest, {}), file.subject.generation, file.trial->spec.layer);
        if (auto at_once = ports_.checks.take(key)) file.check = std::move(at_once);
    }
}

/// Nodes of the subject that Falco does not watch now: what happened there unseen stays unseen, whoever sits later.
Result<void> Court::note_gaps(CaseFile& file, const ports::Fence& fence) {
    std::set<std::string> gaps;
    for (const trial::SubjectPod& pod : file.subject.pods)
        if (pod.alive && !pod.node.empty() && falco_.installed && !file.falco_gaps.contains(pod.node) &&
            !std::binary_search(falco_.ready_nodes.begin(), falco_.ready_nodes.end(), pod.node))
            gaps.insert(pod.node);
    return gaps.empty() ? Result<void>{} : records_.miss(file, {gaps.begin(), gaps.end()}, fence);
}

trial::Testimony Court::falco_says(CaseFile& file, const std::vector<trial::FalcoAlert>& reported,
                                   const trial::Window& window) {
    std::vector<trial::FalcoAlert> about;
    std::vector<trial::FalcoAlert> internal;
    trial::FalcoStanding standing = falco_;
    standing.report_results = static_cast<std::int64_t>(reported.size());
    standing.gaps.assign(file.falco_gaps.begin(), file.falco_gaps.end());
    if (file.opened_seq < alerts_forgotten_to_)
        standing.problem = "more kinds of alerts came than are held: some of this trial's may be missing";
    const auto sort_in = [&](const trial::FalcoAlert& alert) {
        if (trial::is_internal(alert)) {
            internal.push_back(alert);
        } else if (trial::is_about(alert, file.subject)) {
            about.push_back(alert);
        } else if (is_from_some_container(alert)) {
            internal.push_back(alert);
        }
    };
    for (const auto& [seq, alert] : alerts_)
        if (alert.received_at >= file.clock_from) sort_in(alert);
    for (const trial::FalcoAlert& alert : reported) sort_in(alert);
    return trial::falco_testimony(about, internal, standing, file.subject, window);
}

std::vector<trial::Testimony> Court::testimonies_of(CaseFile& file, Micros now) {
    const ports::CourtEvidence evidence = ports_.room.evidence(file.subject.ns);
    const trial::Window window{file.clock_from, now};
    const auto policies = pointers(evidence.policy_reports);
    const auto constraints = pointers(evidence.constraints);
    const auto images = pointers(evidence.image_reports);
    std::vector<trial::FalcoAlert> reported;
    for (const trial::PolicyReport* report : policies)
        for (trial::FalcoAlert& alert : trial::falco_alerts_of(*report)) reported.push_back(std::move(alert));
    std::vector<trial::Testimony> all;
    const trial::GateSet asked = asked_gates(file.trial->spec);
    for (const Gate gate : trial::kGates) {
        if (!asked.has(gate)) continue;
        if (gate == Gate::Conftest) all.push_back(trial::conftest_testimony(file.check.get(), file.subject));
        if (gate == Gate::Kyverno)
            all.push_back(trial::kyverno_testimony(policies, evidence.kyverno, file.subject, window, rules_.periods));
        if (gate == Gate::Gatekeeper)
            all.push_back(trial::gatekeeper_testimony(constraints, evidence.gatekeeper, file.subject, window,
                                                      rules_.periods, evidence.audit_exempt));
        if (gate == Gate::Falco) all.push_back(falco_says(file, reported, window));
        if (gate == Gate::Trivy)
            all.push_back(trial::trivy_testimony(images, evidence.trivy, evidence.scan_scope, file.subject, window,
                                                 rules_.periods));
    }
    return all;
}

/// Reads what the gates say and writes down what is new. False: nothing has changed since the last time, or it could
/// not be written down.
bool Court::hear(CaseFile& file, const ports::Fence& fence, Micros now) {
    ask_conftest(file);
    look_at_approval(file);
    const std::string print = fingerprint_of(file, now);
    if (print == file.desk.fingerprint) return false;
    if (asked_gates(file.trial->spec).has(Gate::Falco))
        if (const auto noted = note_gaps(file, fence); !noted) {
            put_off(file, noted.error(), now);
            return false;
        }
    auto testimonies = testimonies_of(file, now);
    trial::Journal journal = file.desk.journal;
    std::vector<trial::Journal::Line> lines;
    for (const trial::Testimony& one : testimonies)
        for (trial::Journal::Line& line : journal.note(one)) lines.push_back(std::move(line));
    if (!lines.empty())
        if (const auto noted = records_.note(file, lines, fence); !noted) {
            put_off(file, noted.error(), now);
            return false;
        }
    file.desk.journal = std::move(journal);
    for (trial::Testimony& one : testimonies) one = file.desk.journal.complete(std::move(one));
    file.testimonies = std::move(testimonies);
    file.desk.fingerprint = print;
    file.changed = true;
    return true;
}

/// An approval counts when the API server guards who writes it, and when its author is one whom the layer asks for.
void Court::look_at_approval(CaseFile& file) {
    if (!approval_unchecked(file)) return;
    const bool l7 = file.trial->spec.layer == trial::Layer::L7;
    const std::string& by = approval_of(*file.trial);
    file.approved_by.clear();
    file.approval_problem.clear();
    if (!by.empty()) {
        const auto guarded = ports_.room.approvals_guarded(*file.trial);
        if (!guarded) {  // asked again at the next sitting
            file.approval_problem = guarded.error().message;
            return;
        }
        if (!*guarded) {
            file.approval_problem =
                "anybody could have written it: the admission policy for approvals is not in force, or came after the "
                "trial was made";
            return;
        }
        if (is_one_of(by, l7 ? rules_.l7_approvers : rules_.l5_approvers)) {
            file.approved_by = by;
        } else {
            file.approval_problem = by + " is not among those who may approve this layer";
        }
    }
    file.approval_checked = by;
    file.desk.fingerprint.clear();
}

void Court::judge(CaseFile& file, const ports::Fence& fence, Micros now) {
    trial::Case input;
    input.layer = file.trial->spec.layer;
    input.floor = file.trial->spec.floor;
    input.gates = file.trial->spec.gates;
    input.tolerate = file.trial->spec.tolerate;
    input.testimonies = file.testimonies;
    input.unlimited = trial::containers_without_limits(file.subject);
    input.without_digest = trial::containers_without_digest(file.subject);
    input.approved = !file.approved_by.empty();
    input.served = has_served(file, now);
    input.subject_found = file.subject_found;
    const trial::Verdict before = file.history.empty() ? trial::Verdict::Pending : file.history.back().verdict;
    file.score = trial::score(input);
    remember_warmth(file, now);
    {
        const std::lock_guard lock(mutex_);
        ++figures_.judged;
    }
    if (file.score.final) return conclude(file, fence, now);
    if (file.score.verdict == before) return;
    publish(file, "trial.verdict", now);
    const bool grave = file.score.verdict == trial::Verdict::Deny;
    (void)ports_.room.tell(*file.trial,
                           {grave, "VerdictChanged",
                            std::string(to_string(before)) + " -> " + std::string(to_string(file.score.verdict)) +
                                ", warmth " + trial::to_decimal(file.score.warmth) + " (not final)"});
}

void Court::remember_warmth(CaseFile& file, Micros now) {
    const trial::WarmthPoint point{now, file.score.warmth, file.score.verdict};
    if (!file.history.empty() && file.history.back().warmth == point.warmth &&
        file.history.back().verdict == point.verdict)
        return;
    file.history.push_back(point);
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, file.trial->spec.history_limit));
    if (file.history.size() > most)
        file.history.erase(file.history.begin(), file.history.end() - static_cast<std::ptrdiff_t>(most));
}

void Court::conclude(CaseFile& file, const ports::Fence& fence, Micros now) {
    if (const auto closed = records_.close(file, now, fence); !closed) {
        file.desk.fingerprint.clear();
        return put_off(file, closed.error(), now);
    }
    {
        const std::lock_guard lock(mutex_);
        ++figures_.verdicts[file.closing->verdict];
    }
    if (ports_.keep_record) ports_.keep_record(file.closing->mecipol, file.closing->record);
    publish(file, "trial.verdict", now);
    const bool denied = file.closing->verdict == trial::Verdict::Deny;
    (void)ports_.room.tell(*file.trial, {denied, "Verdict",
                                         std::string(to_string(file.closing->verdict)) + ", warmth " +
                                             trial::to_decimal(file.closing->warmth) + ": " + file.closing->mecipol});
    promote(file, fence, now);
}

void Court::promote(CaseFile& file, const ports::Fence& fence, Micros now) {
    auto step = promoter_.advance(file, now);
    if (step && (step->labelled != file.promotion.labelled || step->routed != file.promotion.routed)) {
        step->revision = tracker_.track(file, now);
        if (const auto recorded = records_.promoted(file, *step, fence); !recorded)
            return put_off(file, recorded.error(), now);
    }
    if (step) {
        file.promotion = *step;
        file.changed = true;
    }
    if (const Patience& patience = file.promotion.patience; patience.waits(now))
        file.wake_at = std::min(file.wake_at, patience.again_at);
}

/// Viewers of policy reports see the verdict there, too. It is a courtesy: where it cannot be written, it is not.
void Court::publish_report(CaseFile& file) {
    if (file.testimonies.empty() || file.subject.uid.empty()) return;
    const std::string report = report_of(file);
    const ledger::Digest digest = ports_.sha256(report);
    if (digest == file.desk.report) return;
    if (ports_.room.publish_report(*file.trial, report)) file.desk.report = digest;
}

/// Writes the trial's status when it is not what it should be.
void Court::show(CaseFile& file, Micros now) {
    const std::string phase = phase_of(file, now);
    if (phase != file.phase) {
        if (!file.phase.empty()) publish(file, "trial.phase", now);
        file.phase = phase;
    }
    const std::string status = status_of(file, now, false);
    const ledger::Digest digest = ports_.sha256(status);
    // A former leader that was held up may write what it once thought over what is true.
    const trial::Trial& seen = *file.trial;
    const bool another =
        seen.resource_version != file.desk.status_over && seen.status_digest != file.desk.status_digest;
    if (status.empty() || (digest == file.desk.status && !another)) return;
    ports::fault_point("status.before");
    const auto written = ports_.room.write_status(*file.trial, status_of(file, now, true));
    ports::fault_point("status.after");
    if (!written && written.error().code != Code::NotFound) {
        file.wake_at = std::min(file.wake_at, now + kSoon);
        if (file.problem.empty()) file.problem = "the status cannot be written: " + written.error().message;
        return;
    }
    file.desk.status = digest;
    file.desk.status_over = seen.resource_version;
    file.desk.status_digest = written ? *written : 0;
    publish_report(file);
    file.changed = true;
    const std::lock_guard lock(mutex_);
    ++figures_.status_writes;
}

}  // namespace helix::court
