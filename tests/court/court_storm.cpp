#include "tests/court/court_storm.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "service/wire/timestamps.hpp"

namespace helix::testing {
namespace {

using nlohmann::json;
using trial::Gate;

int revision_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    return colon == std::string::npos ? 0 : static_cast<int>(std::stoull(text.substr(colon + 1), nullptr, 16));
}

std::multiset<std::string> rules_in(const json& gates) {
    std::multiset<std::string> rules;
    for (const json& gate : gates)
        for (const json& defect : gate.at("defects")) rules.insert(defect.at("rule").get<std::string>());
    return rules;
}

/// A status without what signs of life change.
json lasting(const std::string& status) {
    json kept = json::parse(status);
    if (kept.contains("gates"))
        for (json& gate : kept["gates"]) gate.erase("refs");
    return kept;
}

}  // namespace

Storm::Storm(StormOptions options) : options_(options), world_(options.seed), fate_(options.seed * 7919 + 1) {
    rules_.resync = 10 * kMinute;
    rules_.periods.gatekeeper_audit = 10 * kMinute;
    rules_.periods.trivy_ttl = 6 * kHour;
    offsets_.emplace_back(world_.clock.truth, 0);
    restart();
    plan();
}

void Storm::call(Micros after, std::function<void()> what) {
    calls_.emplace(world_.clock.truth + after, std::move(what));
}

void Storm::every(Micros period, std::function<void()> what) {
    call(period, [this, period, what] {
        what();
        every(period, what);
    });
}

void Storm::plan() {
    world_.kyverno_scan();
    world_.gatekeeper_audit();
    world_.trivy_scan();
    every(kHour, [this] { world_.kyverno_scan(); });
    every(10 * kMinute, [this] { world_.gatekeeper_audit(); });
    every(6 * kHour, [this] {
        world_.trivy_expire();
        call(world_.plan.time(kSecond, 20 * kMinute), [this] { world_.trivy_scan(); });
    });
    put_trials();
    call(kMinute, [this] { happen(); });
    call(14 * kHour, [this] { busy_ = false; });
    ends_ = world_.clock.truth + 40 * kHour;
}

void Storm::put_trials() {
    static constexpr Micros kDurations[] = {0, 10 * kMinute, kHour, 6 * kHour, 24 * kHour};
    static constexpr trial::Layer kLayers[] = {trial::Layer::L0, trial::Layer::L1, trial::Layer::L2, trial::Layer::L3,
                                               trial::Layer::L4};
    for (const std::string name : {"alpha", "beta"}) {
        trial::Trial trial;
        trial.ns = SimWorld::kNs;
        trial.name = name;
        trial.uid = uid_of(name);
        trial.generation = 1;
        trial.spec.subject = {"Deployment", SimWorld::kNs, SimWorld::kSubject};
        trial.spec.layer = kLayers[world_.plan.pick(0, 4)];
        for (const Gate gate : trial::kGates)
            if (world_.plan.chance(70)) trial.spec.gates.add(gate);
        trial.spec.duration = kDurations[world_.plan.pick(0, 4)];
        trial.spec.tolerate = world_.plan.chance(30);
        trial.spec.history_limit = world_.plan.pick(1, 20);
        call(name == "alpha" ? kSecond : world_.plan.time(kMinute, 10 * kHour),
             [this, trial] { world_.put_trial(trial); });
        if (world_.plan.chance(50))
            call(world_.plan.time(10 * kHour, 15 * kHour), [this, name] {
                trial::Trial again = *world_.docket.at(name);
                again.rerun = "again";
                world_.put_trial(again);
            });
    }
}

/// Something happens, about every twenty minutes.
void Storm::happen() {
    if (!busy_) return;
    Fate& plan = world_.plan;
    call(plan.time(kMinute, 40 * kMinute), [this] { happen(); });
    switch (plan.pick(0, 11)) {
        case 0:
        case 1:
            return new_flaw();
        case 2:
            if (!world_.flaws.empty())
                world_.flaws.erase(world_.flaws.begin() + plan.pick(0, static_cast<int>(world_.flaws.size()) - 1));
            world_.kyverno_scan();
            world_.trivy_scan();
            return;
        case 3:
            return world_.replace_pod();
        case 4:
            return world_.scale(plan.pick(0, 5));
        case 5:
            if (plan.chance(40)) new_template();
            return;
        case 6:
            return take_api();
        case 7:
        case 8:
            return falco_speaks();
        case 9:
            world_.garbled = true;
            call(plan.time(kMinute, 30 * kMinute), [this] { world_.garbled = false; });
            return;
        case 10: {
            const std::string node = plan.chance(50) ? "n1" : "n2";
            if (!plan.chance(30)) return;
            world_.set_falco_ready(node, false);
            call(plan.time(kMinute, 20 * kMinute), [this, node] { world_.set_falco_ready(node, true); });
            return;
        }
        default: {
            const Micros jump = (plan.chance(50) ? 1 : -1) * kHour;
            if (!options_.jumps) return;
            world_.clock.offset += jump;
            offsets_.emplace_back(world_.clock.truth, world_.clock.offset);
            call(plan.time(kMinute, 3 * kHour), [this, jump] {
                world_.clock.offset -= jump;
                offsets_.emplace_back(world_.clock.truth, world_.clock.offset);
            });
        }
    }
}

void Storm::new_flaw() {
    static constexpr Gate kOf[] = {Gate::Conftest, Gate::Kyverno, Gate::Gatekeeper, Gate::Trivy};
    SimWorld::Flaw flaw;
    flaw.gate = kOf[world_.plan.pick(0, 3)];
    flaw.revision = world_.revision;
    flaw.grave = world_.plan.chance(8);
    flaw.rule =
        std::string(to_string(flaw.gate)) + "-r" + std::to_string(flaw.revision) + "-" + std::to_string(++flaws_made_);
    world_.flaws.push_back(flaw);
    call(world_.plan.time(0, kMinute), [this, flaw] {
        if (flaw.gate == Gate::Kyverno) world_.kyverno_scan();
        if (flaw.gate == Gate::Gatekeeper) world_.gatekeeper_audit();
        if (flaw.gate == Gate::Trivy) world_.trivy_scan();
    });
}

void Storm::new_template() {
    if (world_.set_revision != world_.revision) return;  // one roll-out at a time
    world_.change_template();
    const Micros set = world_.plan.time(0, 20 * kSecond);
    call(set, [this] { world_.make_replica_set(); });
    call(set + world_.plan.time(kSecond, kMinute), [this] {
        world_.roll();
        world_.kyverno_scan();
        world_.trivy_scan();
    });
}

/// An API goes, or may not be read, or is being read again, for a while.
void Storm::take_api() {
    using Served = trial::Standing::Served;
    trial::Standing* const standings[] = {&world_.kyverno, &world_.gatekeeper, &world_.trivy};
    trial::Standing& standing = *standings[world_.plan.pick(0, 2)];
    static constexpr Served kHow[] = {Served::No, Served::Unread, Served::Listing};
    standing.served = kHow[world_.plan.pick(0, 2)];
    if (standing.served == Served::Unread) standing.problem = "403 Forbidden";
    world_.changed();
    call(world_.plan.time(kSecond, 90 * kMinute), [this, &standing] {
        standing = {Served::Current, {}};
        world_.changed();
    });
}

/// An alert about a pod, or about one that was there a moment ago; late, and sometimes twice.
void Storm::falco_speaks() {
    Fate& plan = world_.plan;
    if (world_.pods.empty()) return;
    const SimWorld::Pod pod =
        world_.pods[static_cast<std::size_t>(plan.pick(0, static_cast<int>(world_.pods.size()) - 1))];
    trial::FalcoAlert alert;
    alert.at = world_.clock.now_us();
    alert.rule = "falco-r" + std::to_string(pod.revision) + "-" + std::to_string(plan.pick(0, 5));
    static constexpr trial::FalcoPriority kPriorities[] = {
        trial::FalcoPriority::Notice,  trial::FalcoPriority::Notice, trial::FalcoPriority::Notice,
        trial::FalcoPriority::Warning, trial::FalcoPriority::Error,  trial::FalcoPriority::Critical};
    alert.priority = plan.chance(90) ? trial::FalcoPriority::Notice : kPriorities[plan.pick(0, 5)];
    if (alert.priority != trial::FalcoPriority::Notice)
        alert.rule += "-" + std::to_string(static_cast<int>(alert.priority));
    alert.source = "syscall";
    alert.ns = SimWorld::kNs;
    alert.pod = pod.name;
    alert.output = "something happened";
    const int times = plan.chance(30) ? 2 : 1;
    for (int i = 0; i < times; ++i)
        call(plan.time(0, 10 * kMinute), [this, alert, pod] { deliver({alert}, pod.revision); });
    if (plan.chance(30)) call(plan.time(0, kMinute), [this] { world_.replace_pod(); });
}

void Storm::deliver(std::vector<trial::FalcoAlert> alerts, int revision) {
    for (trial::FalcoAlert& alert : alerts) alert.received_at = world_.clock.now_us();
    try {
        court::AlertInbox& inbox = heard_.size() % 3 != 0 ? process_->court->inbox() : *process_->replica;
        const auto taken = inbox.take(alerts, "falco");
        if (!taken) return call(5 * kSecond, [this, alerts, revision] { deliver(alerts, revision); });
        if (taken->passed == 0)
            for (const trial::FalcoAlert& alert : alerts)
                heard_.push_back({revision, alert.rule, alert.at, alert.received_at, world_.clock.truth});
        poke();
    } catch (const Killed&) {
        ++kills;
        restart();
        zombie_ = nullptr;
        call(5 * kSecond, [this, alerts, revision] { deliver(alerts, revision); });
    }
}

void Storm::restart() {
    zombie_ = options_.zombies ? std::move(process_) : nullptr;
    process_ = std::make_unique<SimProcess>(world_, store_, ids_, fate_, options_.dangers, rules_);
    due_ = world_.clock.truth;
    starts_.emplace_back(world_.clock.truth, world_.clock.offset);
}

void Storm::sit() {
    Micros wake = world_.clock.now_us();
    fate_.struck = false;
    try {
        fate_.armed = busy_;
        wake = process_->sit();
        fate_.armed = false;
        note_trace();
        if (!fate_.struck) check_sitting();
    } catch (const Killed&) {
        ++kills;
        fate_.armed = false;
        note_trace();
        restart();
        zombie_ = nullptr;  // the dead do not sit
        return;
    }
    if (zombie_) {  // it believes that it still may
        try {
            (void)zombie_->court->sit();
            if (fate_.chance(30)) zombie_ = nullptr;
        } catch (const Killed&) {
            zombie_ = nullptr;
        }
    }
    note_trace();
    due_ = world_.clock.truth + std::clamp<Micros>(wake - world_.clock.now_us(), kSecond / 10, rules_.resync);
    if (busy_ && options_.restarts && fate_.chance(3)) restart();
}

void Storm::pass(Micros until) {
    while (world_.clock.truth < until && !::testing::Test::HasFatalFailure()) {
        const Micros next = calls_.empty() ? until : std::min(until, calls_.begin()->first);
        if (due_ <= next) {
            world_.clock.truth = std::max(world_.clock.truth, due_);
            sit();
            continue;
        }
        world_.clock.truth = std::max(world_.clock.truth, next);
        if (calls_.empty() || calls_.begin()->first > next) continue;
        const std::uint64_t version = world_.version;
        auto what = std::move(calls_.begin()->second);
        calls_.erase(calls_.begin());
        what();
        if (world_.version != version) poke();
    }
}

void Storm::run() {
    pass(ends_);
    restart();  // a write whose record's answer was lost is ended by the process that comes next
    zombie_ = nullptr;
    pass(world_.clock.truth + 10 * kMinute);
}

/// What holds after a sitting at which nothing failed.
void Storm::check_sitting() {
    for (const SimWorld::Pod& pod : world_.pods) pods_known_[pod.name] = pod.revision;
    const std::set<std::string> shown = world_.shown();
    const std::set<std::string> grave = world_.shown_grave();
    for (const auto& [name, trial] : world_.docket) {
        const court::CaseView view = process_->court->find(SimWorld::kNs, name);
        ASSERT_NE(view, nullptr) << name;
        if (view->opened_at == 0 || view->restored_at != 0) continue;
        const int revision = revision_of(view->revision);
        EXPECT_LE(view->history.size(), static_cast<std::size_t>(trial->spec.history_limit));
        const auto before = closings_.find(view->key);
        if (before != closings_.end()) {
            ASSERT_TRUE(view->closing) << view->key << " was closed before";
            ASSERT_EQ(view->closing->record, before->second);
            continue;
        }
        std::set<std::string>& owed = owed_[{view->key, revision}];
        const bool over =
            view->closing && ended_.at(view->key).second < world_.clock.truth;  // at a sitting that failed
        if (revision == world_.revision && !over) {
            const trial::GateSet asked = court::asked_gates(trial->spec);
            for (const std::string& rule : shown)
                for (const Gate gate : trial::kGates)
                    if (asked.has(gate) && rule.starts_with(to_string(gate))) owed.insert(rule);
            if (asked.has(Gate::Falco))
                for (const Heard& alert : heard_)
                    if (alert.revision == revision && alert.truth > began_.at(view->key) &&
                        alert.at >= view->clock_from && alert.received >= view->clock_from)
                        owed.insert(alert.rule);
            if (!grave.empty() && asked.has(Gate::Trivy)) {
                ASSERT_TRUE(view->closing) << *grave.begin() << " denies at once";
                ASSERT_EQ(view->closing->verdict, trial::Verdict::Deny);
            }
        }
        std::set<std::string> noted;
        for (const trial::Testimony& one : view->testimonies)
            for (const trial::Defect& defect : one.defects) noted.insert(defect.rule);
        for (const std::string& rule : owed)
            ASSERT_TRUE(noted.contains(rule))
                << rule << " is lost, " << view->key << " at " << court::line_name(view->key, view->lines);
        if (view->closing) {
            closings_[view->key] = view->closing->record;
            const bool admit = view->closing->verdict == trial::Verdict::Admit;
            if (admit) {
                const auto [template_then, end] = ended_.at(view->key);
                EXPECT_EQ(revision, template_then) << "admitted by a template that is gone";
                Micros began = 0;
                Micros now = 0;
                Micros at_start = 0;
                for (const auto& [at, offset] : starts_)
                    if (at <= end) at_start = offset;
                for (const auto& [at, offset] : offsets_) {
                    if (at <= began_.at(view->key)) began = offset;
                    if (at <= end) now = offset;
                }
                const Micros served = end - began_.at(view->key) + std::max<Micros>(0, std::min(now, at_start) - began);
                EXPECT_GE(served + 2 * kSecond, trial->spec.duration) << view->key << " was admitted too early";
            }
        }
    }
}

void Storm::note_trace() {
    const auto mix = [this](const std::string& text) {
        for (const char c : text) trace_ = (trace_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    };
    (void)store_.scan(traced_, [&](const ledger::Record& record) {
        traced_ = record.seq + 1;
        if (record.kind == "trial.opened" || record.kind == "trial.revision")
            began_[json::parse(record.body).at("case")] = world_.clock.truth;
        if (record.kind == "trial.verdict")
            ended_[json::parse(record.body).at("case")] = {world_.revision, world_.clock.truth};
        mix(record.kind + record.body);
        return true;
    });
    for (const auto& [name, status] : world_.statuses) first_statuses_.emplace(name, status);
    for (const auto& [name, status] : world_.statuses)
        if (std::exchange(traced_statuses_[name], status) != status) mix(status);
}

std::vector<ledger::Record> Storm::ledger() {
    std::vector<ledger::Record> all;
    (void)store_.scan(0, [&](const ledger::Record& record) {
        all.push_back(record);
        return true;
    });
    return all;
}

std::vector<std::string> Storm::records() {
    std::vector<std::string> texts;
    for (const ledger::Record& record : ledger())
        if (record.kind.starts_with("trial.")) texts.push_back(record.kind + " " + record.body);
    return texts;
}

void Storm::check_records() {
    struct Story {
        std::uint64_t lines = 0;
        int verdicts = 0;
        int promotions = 0;
        Micros from = 0;
    };
    std::map<std::string, Story> stories;
    int cycles = 0;
    for (const ledger::Record& record : ledger()) {
        const json body = json::parse(record.body);
        if (record.kind == "helix.cycle" && body.value("status", "") == "done") ++cycles;
        if (!record.kind.starts_with("trial.")) continue;
        const std::string key = body.at("case");
        Story& story = stories[key];
        EXPECT_EQ(body.at("line").get<std::uint64_t>(), story.lines) << "a gap in " << key;
        EXPECT_EQ(**store_.find(court::line_name(key, story.lines)), record.seq);
        ++story.lines;
        if (record.kind == "trial.promoted") ++story.promotions;
        if (record.kind != "trial.verdict") {
            EXPECT_EQ(story.verdicts, record.kind == "trial.promoted" ? 1 : 0) << record.kind << " after the verdict";
            continue;
        }
        ++story.verdicts;
        ++closed;
        const std::string name = body.at("trial");
        const trial::Trial& trial = *world_.docket.at(name);
        const int revision = revision_of(body.at("subject").at("revision"));
        const auto rules = rules_in(body.at("gates"));
        const std::string own = "-r" + std::to_string(revision) + "-";
        for (const std::string& rule : rules) {
            EXPECT_NE(rule.find(own), std::string::npos) << rule << " is of another revision, " << key;
            EXPECT_EQ(rules.count(rule), 1U) << rule;
        }
        for (const std::string& rule : owed_[{key, revision}]) EXPECT_EQ(rules.count(rule), 1U) << rule << " " << key;
        if (body.at("verdict") == "DENY") ++denied;
        if (body.at("verdict") != "ADMIT") continue;
        ++admitted;
        const auto started = *wire::from_rfc3339(body.at("startedAt").get<std::string>());
        const auto scored = *wire::from_rfc3339(body.at("scoredAt").get<std::string>());
        EXPECT_GE(scored - started, trial.spec.duration) << key;
        EXPECT_TRUE(body.at("hardDenies").empty());
        if (trial.spec.tolerate) continue;
        for (const json& gate : body.at("gates"))
            EXPECT_TRUE(gate.at("evidence") == "CLEAN" || gate.at("evidence") == "VIOLATIONS") << gate;
    }
    int owing = 0;
    for (const auto& [key, story] : stories) {
        EXPECT_LE(story.verdicts, 1) << key;
        EXPECT_LE(story.promotions, 2) << key;
        promoted += story.promotions > 0 ? 1 : 0;
    }
    for (const auto& [name, trial] : world_.docket) {
        const court::CaseView view = process_->court->find(SimWorld::kNs, name);
        if (!view || !view->closing || !view->closing->promote) continue;
        EXPECT_TRUE(view->promotion.labelled) << view->promotion.problem;
        ++owing;
    }
    EXPECT_LE(cycles, admitted) << "a promotion was carried out more than once";
    EXPECT_LE(owing, cycles);
}

void Storm::check_idle() {
    world_.clock.offset = 0;
    const auto settle = [this] { pass(world_.clock.truth + 30 * kMinute); };
    calls_.clear();
    // A former leader that was held up writes what it thought long ago.
    for (const auto& [name, status] : first_statuses_) world_.keep_status(name, status);
    poke();
    settle();
    // A cluster in which nothing happens: the gates' signs of life go on.
    every(10 * kMinute, [this] { world_.gatekeeper_audit(); });
    every(kHour, [this] { world_.kyverno_scan(); });
    settle();
    const std::uint64_t writes = world_.status_writes;
    const std::size_t written = records().size();
    const auto statuses = world_.statuses;
    pass(world_.clock.truth + 3 * kHour);
    EXPECT_EQ(world_.status_writes, writes) << "an idle trial was written";
    EXPECT_EQ(records().size(), written);
    restart();
    zombie_ = nullptr;
    settle();
    for (const auto& [name, status] : statuses)
        EXPECT_EQ(lasting(world_.statuses.at(name)), lasting(status)) << name << " after a restart";
    EXPECT_EQ(records().size(), written);
}

}  // namespace helix::testing
