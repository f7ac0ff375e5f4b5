#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "domain/trial/reports.hpp"
#include "service/usecases/ledger_writer.hpp"

namespace helix::court {

/// Takes Falco's alerts in: those that may matter to a trial are in the ledger before they are acknowledged.
///
/// Alike alerts (same pod, container, rule and priority, no trial's beginning between them) are recorded when their
/// number is 1, 2, 4, 8 ...: a flood costs counts, not records, and no kind of alert is ever missing.
///
/// Thread safety: any method from any thread.
class AlertInbox {
public:
    /// Kinds of alert remembered at most; beyond, every alert is recorded.
    static constexpr std::size_t kKindsMax = 20'000;
    static constexpr std::size_t kBeginningsMax = 10'000;

    /// @param presides  whether this process holds the court. One that does not is told of no beginnings: it counts
    ///                  nothing and records every alert that may matter.
    AlertInbox(usecases::LedgerWriter& writer, std::string target, std::function<bool()> presides)
        : writer_(writer), target_(std::move(target)), presides_(std::move(presides)) {}

    /// The namespaces in which some trial has its subject; empty: there is no trial.
    void follow(std::set<std::string> namespaces);

    /// A trial's clock begins `at` that time: to it, what was received before says nothing. So every kind of alert is
    /// new again, now and whenever the wall clock, having been set back, passes that time.
    void begin(std::int64_t at);

    struct Taken {
        std::int64_t recorded = 0;  ///< in the ledger by now
        std::int64_t counted = 0;   ///< like one that is recorded
        std::int64_t passed = 0;    ///< no trial looks there, or it weighs nothing
    };
    /// Errors: those of LedgerWriter::append_each; what was not recorded must be sent again.
    Result<Taken> take(const std::vector<trial::FalcoAlert>& alerts, const std::string& actor);

    /// Alerts that came since the start, by priority name; for the metrics.
    [[nodiscard]] std::map<std::string, std::uint64_t> totals() const;

private:
    class Forgetting;
    [[nodiscard]] std::int64_t beginning_before(const trial::FalcoAlert& alert) const;
    [[nodiscard]] bool matters(const trial::FalcoAlert& alert) const;
    void pass(std::int64_t now);

    usecases::LedgerWriter& writer_;
    const std::string target_;
    const std::function<bool()> presides_;
    mutable std::mutex mutex_;
    std::set<std::string> namespaces_;
    std::map<std::string, std::int64_t> counts_;  // by kind of alert
    std::map<std::string, std::uint64_t> totals_;
    std::set<std::int64_t> beginnings_;  // the last kBeginningsMax
    std::int64_t received_at_ = 0;       // when the last alert was received
};

/// Alerts with the same key are alike.
std::string kind_of(const trial::FalcoAlert& alert);

}  // namespace helix::court
