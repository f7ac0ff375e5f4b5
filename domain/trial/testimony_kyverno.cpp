#include <algorithm>
#include <tuple>

#include "domain/trial/findings.hpp"
#include "domain/trial/kyverno_names.hpp"
#include "domain/trial/testimony.hpp"

namespace helix::trial {
namespace {

constexpr Micros kSecond = 1'000'000;
/// Timestamps are whole seconds, and an admission comes just before the objects that it leads to.
constexpr Micros kSlack = 2 * kSecond;

/// The graver outcome wins where two results are of the same second.
int gravity(Outcome outcome) {
    switch (outcome) {
        case Outcome::Fail:
            return 4;
        case Outcome::Error:
            return 3;
        case Outcome::Warn:
            return 2;
        case Outcome::Skip:
            return 1;
        case Outcome::Pass:
            return 0;
    }
    return 0;
}

/// Whether scans renew it; the result of an admission stays as it is.
bool is_scan(const PolicyResult& result) {
    return result.process != "admission review";
}

/// A result about an object of the subject's current revision.
struct Heard {
    const PolicyResult* result = nullptr;
    const Ref* report = nullptr;
    std::string carrier;
    bool stale = false;

    [[nodiscard]] auto identity() const { return std::tie(carrier, result->source, result->policy, result->rule); }
    [[nodiscard]] auto rest() const {
        return std::tie(result->message, result->process, result->exception, report->kind, report->name, report->uid,
                        report->resource_version);
    }
};

class Hearing {
public:
    Hearing(const Subject& subject, const Window& window, const Periods& periods)
        : subject_(subject), window_(window), oldest_fresh_(window.now - 2 * periods.kyverno_scan) {}

    void hear(const PolicyReport& report) {
        if (!report.problem.empty()) {
            if (may_be_about_subject(report.ref)) note_unreadable(report);
            return;
        }
        for (const PolicyResult& result : report.results) {
            if (!is_kyverno(result.source)) continue;
            passes_left_out_ = passes_left_out_ || !report.passes_kept;
            const Part part = part_of(subject_, result.about);
            if (part.kind == Part::Kind::None) continue;
            // The workload keeps its name and UID through revisions; ReplicaSets and pods do not.
            if (part.kind == Part::Kind::Workload && result.at < subject_.revision_since - kSlack) continue;
            const bool stale = is_scan(result) && result.at < oldest_fresh_;
            heard_.push_back({&result, &report.ref, part.uid, stale});
        }
    }

    Testimony testify() && {
        keep_newest();
        for (const Heard& one : heard_) {
            names_.add(one.result->policy, one.result->rule);
            if (one.stale) stale_ = true;
            if (!one.stale && is_scan(*one.result)) fresh_scan_ = true;
        }
        Testimony testimony;
        testimony.gate = Gate::Kyverno;
        Findings findings;
        for (const Heard& one : heard_) weigh_one(one, testimony, findings);
        judge(testimony, findings.empty());
        testimony.refs = some_of(std::move(testimony.refs));
        std::move(findings).put_into(testimony);
        return testimony;
    }

private:
    /// Since 1.11 a report is named by the UID of what it is about.
    [[nodiscard]] bool may_be_about_subject(const Ref& report) const {
        constexpr std::size_t kUidLength = 36;
        if (report.ns != subject_.ns) return false;
        if (report.name.size() != kUidLength || report.name[8] != '-') return true;
        return part_of(subject_, {{}, {}, {}, report.name}).kind != Part::Kind::None;
    }

    void note_unreadable(const PolicyReport& report) {
        std::string text = "report " + report.ref.name + " cannot be read: " + report.problem;
        if (unreadable_.empty() || text < unreadable_) unreadable_ = std::move(text);
    }

    /// Both report APIs, and copies, may hold a result: of each (object, source, policy, rule) the newest holds.
    void keep_newest() {
        std::sort(heard_.begin(), heard_.end(), [](const Heard& a, const Heard& b) {
            if (a.identity() != b.identity()) return a.identity() < b.identity();
            if (a.result->at != b.result->at) return a.result->at > b.result->at;
            if (a.result->outcome != b.result->outcome) return gravity(a.result->outcome) > gravity(b.result->outcome);
            return a.rest() < b.rest();
        });
        heard_.erase(std::unique(heard_.begin(), heard_.end(),
                                 [](const Heard& a, const Heard& b) { return a.identity() == b.identity(); }),
                     heard_.end());
    }

    void weigh_one(const Heard& one, Testimony& testimony, Findings& findings) {
        const PolicyResult& result = *one.result;
        const bool waived = result.outcome == Outcome::Skip && !result.exception.empty();
        // A result that scans no longer touch is a leftover, unless nothing is scanned any more; but what was so within
        // the trial's time remains.
        const bool counts = !one.stale || !fresh_scan_ || result.at >= window_.from;
        if (result.outcome == Outcome::Skip && !waived) return;  // not selected after all
        if (!one.stale) {
            testimony.observed_at = std::max(testimony.observed_at, result.at);
            testimony.refs.push_back(*one.report);
            if (result.outcome == Outcome::Error)
                failed_rule_ = failed_rule_.empty() ? names_.of(result.policy, result.rule) : failed_rule_;
            covered_ = covered_ || result.outcome != Outcome::Error;
        }
        if (!counts || result.outcome == Outcome::Pass || result.outcome == Outcome::Error) return;
        const Grade grade = waived                            ? Grade::Waived
                            : result.outcome == Outcome::Fail ? Grade::KyvernoViolation
                                                              : Grade::Recorded;
        const std::string message = waived ? "exception " + result.exception : result.message;
        findings.add({grade,
                      result.policy,
                      names_.of(result.policy, result.rule),
                      {},
                      message,
                      one.carrier,
                      1,
                      result.at,
                      *one.report});
    }

    void judge(Testimony& testimony, bool nothing_found) const {
        const auto set = [&](EvidenceState state, std::string why) {
            testimony.state = state;
            testimony.why = std::move(why);
        };
        if (!unreadable_.empty()) return set(EvidenceState::Unreadable, unreadable_);
        if (!failed_rule_.empty())
            return set(EvidenceState::Partial, "rule " + failed_rule_ + " could not be evaluated");
        if (stale_ && !fresh_scan_)
            return set(EvidenceState::Stale, "no background scan has looked at it for two intervals");
        if (covered_) return set(nothing_found ? EvidenceState::Clean : EvidenceState::Violations, {});
        if (passes_left_out_)
            return set(EvidenceState::Partial, "its reports leave passes out, so that silence proves nothing");
        if (heard_.empty() && subject_.revision_since >= oldest_fresh_)
            return set(EvidenceState::Pending, "no report on this revision yet");
        set(EvidenceState::NotCovering, "no policy looks at it");
    }

    const Subject& subject_;
    const Window& window_;
    Micros oldest_fresh_;
    std::vector<Heard> heard_;
    KyvernoRules names_;
    std::string unreadable_;
    std::string failed_rule_;
    bool passes_left_out_ = false;
    bool covered_ = false;
    bool stale_ = false;
    bool fresh_scan_ = false;
};

}  // namespace

Testimony kyverno_testimony(std::span<const PolicyReport* const> reports, const Standing& standing,
                            const Subject& subject, const Window& window, const Periods& periods) {
    if (auto early = unheard(Gate::Kyverno, standing, subject)) return *std::move(early);
    Hearing hearing(subject, window, periods);
    for (const PolicyReport* report : reports) hearing.hear(*report);
    return std::move(hearing).testify();
}

}  // namespace helix::trial
