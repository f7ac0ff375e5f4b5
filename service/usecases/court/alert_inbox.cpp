#include "service/usecases/court/alert_inbox.hpp"

#include <array>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/trial/testimony.hpp"
#include "service/usecases/court/case_json.hpp"
#include "service/usecases/court/case_records.hpp"

namespace helix::court {
namespace {

constexpr std::array<const char*, 8> kPriorities = {"emergency", "alert",  "critical",      "error",
                                                    "warning",   "notice", "informational", "debug"};

bool is_power_of_two(std::int64_t count) {
    return (count & (count - 1)) == 0;
}

}  // namespace

std::string kind_of(const trial::FalcoAlert& alert) {
    std::string kind;
    for (const std::string* part : {&alert.rule, &alert.ns, &alert.pod, &alert.pod_uid, &alert.container_id,
                                    &alert.container_name, &alert.hostname})
        kind += *part + '\n';
    return kind + static_cast<char>('0' + static_cast<int>(alert.priority));
}

void AlertInbox::follow(std::set<std::string> namespaces) {
    const std::lock_guard lock(mutex_);
    if (namespaces.empty()) counts_.clear();
    namespaces_ = std::move(namespaces);
}

void AlertInbox::begin(std::int64_t at) {
    const std::lock_guard lock(mutex_);
    counts_.clear();
    beginnings_.insert(at);
    if (beginnings_.size() > kBeginningsMax) beginnings_.erase(beginnings_.begin());
}

void AlertInbox::pass(std::int64_t now) {
    const auto next = beginnings_.upper_bound(std::exchange(received_at_, now));
    if (next != beginnings_.end() && *next <= now) counts_.clear();
}

/// The last beginning before it happened: to a trial that began between two alike alerts only the later one matters,
/// and it may come as the second.
std::int64_t AlertInbox::beginning_before(const trial::FalcoAlert& alert) const {
    const auto next = beginnings_.upper_bound(alert.at != 0 ? alert.at : alert.received_at);
    return next == beginnings_.begin() ? 0 : *std::prev(next);
}

/// An alert without a namespace may be about anybody's pod.
bool AlertInbox::matters(const trial::FalcoAlert& alert) const {
    if (namespaces_.empty()) return false;
    if (trial::is_internal(alert)) return true;
    if (alert.priority >= trial::FalcoPriority::Informational) return false;
    return alert.ns.empty() || namespaces_.contains(alert.ns);
}

/// Of what was not recorded, for whatever reason, the next one alike is: its kind is new again.
class AlertInbox::Forgetting {
public:
    Forgetting(AlertInbox& inbox, const std::vector<std::string>& kinds) : inbox_(inbox), kinds_(kinds) {}
    ~Forgetting() {
        const std::lock_guard lock(inbox_.mutex_);
        for (const std::string& kind : kinds_) inbox_.counts_.erase(kind);
    }
    Forgetting(const Forgetting&) = delete;
    Forgetting& operator=(const Forgetting&) = delete;

private:
    AlertInbox& inbox_;
    const std::vector<std::string>& kinds_;  // an empty one was recorded
};

Result<AlertInbox::Taken> AlertInbox::take(const std::vector<trial::FalcoAlert>& alerts, const std::string& actor) {
    Taken taken;
    std::vector<usecases::LedgerDraft> drafts;
    std::vector<std::string> kinds;
    const bool counts = presides_();
    {
        const std::lock_guard lock(mutex_);
        for (const trial::FalcoAlert& alert : alerts) {
            totals_[kPriorities[static_cast<std::size_t>(alert.priority)]] += 1;
            pass(alert.received_at);
            if (!matters(alert)) {
                ++taken.passed;
                continue;
            }
            std::string kind = kind_of(alert) + '\n' + std::to_string(beginning_before(alert));
            const auto known = counts_.find(kind);
            if (known == counts_.end() && counts_.size() >= kKindsMax) counts_.clear();
            const std::int64_t count = counts ? counts_[kind] += alert.count : alert.count;
            if (counts && !is_power_of_two(count)) {
                ++taken.counted;
                continue;
            }
            trial::FalcoAlert recorded = alert;
            recorded.count = count;
            drafts.push_back({kAlertKind, target_, actor, to_json(recorded).dump()});
            kinds.push_back(std::move(kind));
        }
    }
    if (drafts.empty()) return taken;
    Forgetting unless(*this, kinds);
    const auto outcomes = writer_.append_each(std::move(drafts));
    if (!outcomes) return outcomes.error();
    Result<Taken> told = taken;
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
        if ((*outcomes)[i].ok()) {
            kinds[i].clear();
            if (told) ++told->recorded;
        } else if (told) {
            told = (*outcomes)[i].error();
        }
    }
    return told;
}

std::map<std::string, std::uint64_t> AlertInbox::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

}  // namespace helix::court
