#include "service/usecases/court/court.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/usecases/court/case_json.hpp"
#include "service/usecases/court/case_read.hpp"
#include "service/usecases/cycle_json.hpp"

namespace helix::court {
namespace {

using nlohmann::json;
using trial::Standing;

constexpr Micros kFalcoLookEvery = 30'000'000;

}  // namespace

Court::Court(Ports ports, CourtRules rules)
    : ports_(std::move(ports)),
      rules_(std::move(rules)),
      records_(ports_.writer, ports_.store, ports_.target.name()),
      tracker_(ports_.target, ports_.room),
      promoter_(ports_.target, ports_.room, ports_.helix, ports_.sha256, rules_.pools),
      inbox_(ports_.writer, ports_.target.name(), [this] { return ports_.tenure.fence().has_value(); }) {
    records_.on_record([this](const ledger::Record& record) {
        ports_.bus.publish({"ledger.record", record.target, usecases::record_summary(record), record.id});
    });
}

Micros Court::sit() {
    const Micros now = ports_.clock.now_us();
    const Micros resync = now + rules_.resync;
    const auto trials = ports_.room.trials();
    std::set<std::string> namespaces;
    for (const auto& trial : trials)
        if (trial->problem.empty()) namespaces.insert(trial->spec.subject.ns);
    ports_.room.follow(namespaces);
    inbox_.follow(namespaces);
    const auto fence = ports_.tenure.fence();
    if (!fence || ports_.room.trials_standing().served != Standing::Served::Current) return now + rules_.resync / 60;
    if (std::exchange(epoch_, fence->epoch) != fence->epoch) {  // what another process did meanwhile is in the ledger
        cases_.clear();
        alerts_begun_ = false;
    }
    std::erase_if(cases_, [&](const auto& one) {
        return std::none_of(trials.begin(), trials.end(), [&](const auto& trial) {
            return Name{trial->ns, trial->name} == one.first && !trial->deleting;
        });
    });
    look_at_falco();
    if (alerts_begun_) (void)read_new_alerts();  // who is to end reads again
    for (const auto& trial : trials) {
        if (trial->deleting) continue;
        CaseFile& file = cases_[{trial->ns, trial->name}];
        if (const std::string key = key_of(*trial); file.key != key) {
            file = {};
            file.key = key;
            file.history = trial->history;
        }
        CaseFile::Glance glance = glance_at(trial, now);
        if (is_settled(file, glance)) continue;
        file.glance = std::move(glance);
        file.trial = trial;
        file.wake_at = resync;
        attend(file, *fence, now);
    }
    Micros wake = resync;
    std::map<Name, CaseView> views;
    for (const auto& [name, file] : cases_) {
        wake = std::min(wake, file.wake_at);
        const auto before = views_.find(name);  // written by this thread alone
        const bool same = !file.changed && before != views_.end();
        views[name] = same ? before->second : std::make_shared<const CaseFile>(file);
    }
    for (auto& [name, file] : cases_) file.changed = false;
    const std::lock_guard lock(mutex_);
    views_ = std::move(views);
    ++figures_.sittings;
    return std::max(wake, now);
}

CaseFile::Glance Court::glance_at(const std::shared_ptr<const trial::Trial>& trial, Micros now) const {
    return {trial, ports_.room.evidence_version(trial->spec.subject.ns), alerts_version_, falco_version_, now};
}

/// Whether the case is what it was when it was attended to, and nothing was put off. The wall clock may have been set
/// back.
bool Court::is_settled(const CaseFile& file, const CaseFile::Glance& glance) const {
    const CaseFile::Glance& last = file.glance;
    const bool same = last.trial == glance.trial && last.evidence == glance.evidence && last.alerts == glance.alerts &&
                      last.falco == glance.falco;
    if (!same || glance.at < last.at || glance.at >= file.wake_at || file.restored_at != 0 || file.unsure) return false;
    return !waits_for_check(file) && !approval_unchecked(file) &&
           file.subject_seen == tracker_.look(glance.trial->spec.subject);
}

/// All alerts since the case was opened. At its end they are read anew: what was acknowledged counts.
/// Errors: the store's; then nobody is judged.
Result<void> Court::read_alerts(const CaseFile& file, Micros now) {
    const bool more = !alerts_begun_ || file.opened_seq < alerts_from_;
    if (more) {
        alerts_begun_ = false;
        alerts_.clear();
        series_.clear();
        alerts_seq_ = alerts_from_ = file.opened_seq;
        alerts_forgotten_to_ = 0;
    }
    if (!more && now < file.ends_at()) return {};
    auto read = read_new_alerts();
    alerts_begun_ = alerts_begun_ || read.ok();
    return read;
}

/// New alerts of the ledger, whoever took them in.
Result<void> Court::read_new_alerts() {
    while (true) {
        const auto page = ports_.store.list({alerts_seq_, ports::LedgerQuery::kLimitMax, kAlertKind, target(), false});
        if (!page) return page.error();
        if (page->empty()) return {};
        for (const ledger::Record& record : *page) {
            alerts_seq_ = record.seq + 1;
            auto alert = alert_of(json::parse(record.body, nullptr, false));
            if (!alert) continue;
            ++alerts_version_;
            const auto [series, first] = series_.try_emplace(kind_of(*alert), record.seq);
            if (!first && alert->count > 1) {
                std::int64_t& count = alerts_.at(series->second).count;
                count = std::max(count, alert->count);
                continue;
            }
            series->second = record.seq;  // counted from one again: a trial began, or a process
            alerts_.emplace(record.seq, *std::move(alert));
            if (alerts_.size() > kAlertsMax) forget_oldest_alerts();
        }
    }
}

/// Somebody floods us with alerts of ever new kinds. The journals hold what was about a subject; who may have missed
/// something is told by falco_says.
void Court::forget_oldest_alerts() {
    while (alerts_.size() > kAlertsMax / 2) {
        const auto oldest = alerts_.begin();
        const auto series = series_.find(kind_of(oldest->second));
        if (series != series_.end() && series->second == oldest->first) series_.erase(series);
        alerts_forgotten_to_ = oldest->first;
        alerts_.erase(oldest);
    }
}

/// Falco writes nothing into the cluster: its own pods tell where it was looking.
void Court::look_at_falco() {
    const Micros now = ports_.clock.steady_us();
    if (falco_looked_at_ != 0 && now - falco_looked_at_ < kFalcoLookEvery) return;
    falco_looked_at_ = now;
    trial::FalcoStanding standing;
    ports_.target.read([&](const cluster::State& state) {
        for (cluster::WorkloadId id = 0; id < state.workload_slots(); ++id) {
            const cluster::WorkloadSlot& slot = state.workload(id);
            if (!slot.live || !slot.known || slot.workload.kind != cluster::WorkloadKind::DaemonSet) continue;
            const std::string* app = slot.workload.shape == nullptr
                                         ? nullptr
                                         : cluster::find_label(slot.workload.shape->labels, "app.kubernetes.io/name");
            if (slot.workload.name != "falco" && (app == nullptr || *app != "falco")) continue;
            standing.installed = true;
            for (const cluster::PodId pod_id : state.pods_under(id)) {
                const cluster::PodSlot& pod = state.pod(pod_id);
                if (pod.ready && pod.node != cluster::kNone) standing.ready_nodes.push_back(state.node(pod.node).name);
            }
        }
    });
    std::sort(standing.ready_nodes.begin(), standing.ready_nodes.end());
    standing.installed = standing.installed || !inbox_.totals().empty() || !alerts_.empty();
    if (standing.installed != falco_.installed || standing.ready_nodes != falco_.ready_nodes) ++falco_version_;
    falco_ = std::move(standing);
}

std::vector<CaseView> Court::cases() const {
    const std::lock_guard lock(mutex_);
    std::vector<CaseView> all;
    for (const auto& [name, view] : views_) all.push_back(view);
    return all;
}

CaseView Court::find(const std::string& ns, const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = views_.find({ns, name});
    return found == views_.end() ? nullptr : found->second;
}

Court::Figures Court::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void Court::publish(const CaseFile& file, const char* type, Micros now) {
    const json data = {{"trial", file.trial->name},
                       {"namespace", file.trial->ns},
                       {"trialId", trial_id_of(*file.trial)},
                       {"phase", phase_of(file, now)},
                       {"verdict", to_string(file.closing ? file.closing->verdict : file.score.verdict)},
                       {"final", file.closing.has_value()},
                       {"warmth", to_number(file.closing ? file.closing->warmth : file.score.warmth)},
                       {"floor", to_number(file.score.floor)},
                       {"mecipol", file.closing ? file.closing->mecipol : std::string()}};
    ports_.bus.publish({type, target(), data.dump(), {}});
}

}  // namespace helix::court
