#include "tests/court/sim_process.hpp"

#include <nlohmann/json.hpp>

namespace helix::testing {
namespace {

using nlohmann::json;

std::string image_of(int revision) {
    return "docker.io/shop/web@sha256:" + std::string(64, static_cast<char>('a' + revision % 6));
}

}  // namespace

std::optional<Error> SimTarget::refusal() {
    fate_.maybe_kill(dangers_.kill);
    if (!fate_.strikes(dangers_.cluster)) return std::nullopt;
    switch (fate_.pick(0, 2)) {
        case 0:
            return error(Code::PermissionDenied, "403 Forbidden");
        case 1:
            return error(Code::Conflict, "409 Conflict");
        default:
            return error(Code::Unavailable, "the API server does not answer");
    }
}

Result<gate::Preview> SimTarget::preview(const gate::Action&) {
    return error(Code::Unavailable, "not needed for labels");
}

Result<ports::Before> SimTarget::look(const gate::Action&) {
    if (auto refused = refusal()) return *refused;
    ports::Before before;
    before.exists = true;
    before.uid = SimWorld::kUid;
    before.resource_version = std::to_string(world_.writes);
    before.generation = world_.generation;
    before.mark = world_.mark;
    return before;
}

ports::WriteResult SimTarget::write(const gate::Action& action, const ports::Before& before,
                                    const ports::WriteContext& context) {
    ports::WriteResult result;
    auto refused = refusal();
    if (!context.allowed()) refused = error(Code::Unavailable, "another process has taken over");
    if (refused) {
        result.outcome = ports::Outcome::NotApplied;
        result.failure = refused;
        return result;
    }
    for (const auto& [key, value] : action.entries) world_.labels[key] = value.value_or("");
    world_.mark = context.mark;
    ++world_.writes;
    fate_.maybe_kill(dangers_.kill);  // written, and nobody left to say so
    result.outcome = ports::Outcome::Applied;
    result.uid = SimWorld::kUid;
    result.resource_version_before = before.resource_version;
    result.resource_version_after = std::to_string(world_.writes);
    return result;
}

ports::WriteResult SimTarget::read_back(const gate::Action&, const ports::Before& before,
                                        const ports::WriteContext& context) {
    ports::WriteResult result;
    result.uid = SimWorld::kUid;
    result.outcome = world_.mark == context.mark  ? ports::Outcome::Applied
                     : world_.mark == before.mark ? ports::Outcome::NotApplied
                                                  : ports::Outcome::Unknown;
    if (result.outcome != ports::Outcome::Applied) result.failure = error(Code::Unavailable, "read back: not done");
    return result;
}

std::vector<std::shared_ptr<const trial::Trial>> SimTarget::trials() const {
    std::vector<std::shared_ptr<const trial::Trial>> all;
    for (const auto& [name, trial] : world_.docket) all.push_back(trial);
    return all;
}

ports::CourtEvidence SimTarget::evidence(const std::string&) const {
    using Served = trial::Standing::Served;
    ports::CourtEvidence evidence;
    evidence.kyverno = world_.kyverno;
    evidence.gatekeeper = world_.gatekeeper;
    evidence.trivy = world_.trivy;
    evidence.scan_scope.settings = {
        {{"ConfigMap", "trivy-system", "trivy-operator-trivy-config", "s", "1"}, false, false, {}}};
    // What cannot be read any more is not there; a watch that is interrupted keeps what it had.
    if (world_.kyverno.served == Served::Current)
        for (const auto& [uid, report] : world_.policy_reports) evidence.policy_reports.push_back(report);
    if (world_.gatekeeper.served == Served::Current) evidence.constraints = world_.constraints;
    if (world_.trivy.served == Served::Current && world_.image_report)
        evidence.image_reports.push_back(world_.image_report);
    return evidence;
}

Result<ports::LiveSubject> SimTarget::subject(const trial::SubjectRef& ref) {
    if (auto refused = refusal()) return *refused;
    ports::LiveSubject live;
    live.manifest = R"({"kind":"Deployment","revision":)" + std::to_string(world_.revision) + "}";
    live.subject.kind = ref.kind;
    live.subject.ns = ref.ns;
    live.subject.name = ref.name;
    live.subject.uid = SimWorld::kUid;
    live.subject.generation = world_.generation;
    live.subject.template_labels = {{"app", "web"}};
    live.subject.containers = {{"web", image_of(world_.revision), false, true}};
    return live;
}

Result<trial::SubjectPod> SimTarget::pod(const std::string&, const std::string& name) {
    if (auto refused = refusal()) return *refused;
    for (const SimWorld::Pod& one : world_.pods) {
        if (one.name != name) continue;
        trial::SubjectPod pod;
        pod.uid = uid_of(name);
        pod.name = name;
        pod.node = one.node;
        pod.containers = {{"web", image_of(one.revision), "containerd://" + name + "-0123456789abcdef"}};
        return pod;
    }
    return error(Code::NotFound, name + " is not there");
}

Result<std::uint64_t> SimTarget::write_status(const trial::Trial& trial, const std::string& status_json) {
    if (auto refused = refusal()) return *refused;
    const auto live = world_.docket.find(trial.name);
    if (live == world_.docket.end() || live->second->uid != trial.uid) return error(Code::NotFound, "no such trial");
    world_.keep_status(trial.name, status_json);
    ++world_.status_writes;
    fate_.maybe_kill(dangers_.kill);
    return world_.docket.at(trial.name)->status_digest;
}

Result<void> SimTarget::tell(const trial::Trial&, const ports::CourtNotice&) {
    if (auto refused = refusal()) return *refused;
    return {};
}

SimProcess::SimProcess(SimWorld& whole, ledger_memory::MemoryLedgerStore& ledger, CountedIds& ids, Fate& whims,
                       Dangers risk, court::CourtRules rules)
    : world(whole),
      fate(whims),
      dangers(risk),
      store(ledger, whims, risk.ledger, risk.kill),
      writer(store, whole.clock, ids, openssl_digest::sha256),
      tenure(ledger, whole.clock, "court", std::chrono::hours(2)),
      receipts(writer, bus, openssl_digest::sha256),
      helix(
          std::make_unique<usecases::RunCycle>(targets, tenure, receipts, writer, bus, whole.clock, ids, helix_rules)),
      recovery(targets, tenure, receipts, writer, store, *helix, whole.clock, 0),
      once(*helix, store, openssl_digest::sha256) {
    auto made = std::make_unique<SimTarget>(world, fate, dangers);
    SimTarget& target = *made;
    targets.add(std::move(made));
    court::Court::Ports ports{
        target, target, tenure, writer, store, once, bus, whole.clock, openssl_digest::sha256, check_ports()};
    ports.keep_record = [this](const std::string& mecipol, const std::string& record) { kept[mecipol] = record; };
    replica = std::make_unique<court::AlertInbox>(writer, "sim", [] { return false; });
    replica->follow({SimWorld::kNs});
    court = std::make_unique<court::Court>(std::move(ports), std::move(rules));
}

court::ManifestChecks SimProcess::check_ports() {
    court::ManifestChecks ports;
    ports.ask = [this](const std::string& key, const std::string& manifest, std::int64_t generation, trial::Layer) {
        const int revision = json::parse(manifest).at("revision").get<int>();
        trial::ManifestCheck check;
        check.generation = generation;
        check.at = world.clock.now_us();
        check.successes = 5;
        check.findings = world.findings_on(revision);
        checks.answers[key] = {world.clock.truth + 2 * kSecond,
                               std::make_shared<const trial::ManifestCheck>(std::move(check))};
    };
    ports.take = [this](const std::string& key) -> std::shared_ptr<const trial::ManifestCheck> {
        const auto found = checks.answers.find(key);
        if (found == checks.answers.end() || found->second.at > world.clock.truth) return nullptr;
        auto check = std::move(found->second.check);
        checks.answers.erase(found);
        return check;
    };
    return ports;
}

Micros SimProcess::sit() {
    const auto newly = tenure.hold();
    if (newly && *newly && !recovery.begin()) tenure.let_go();
    recovery.end_open();
    (void)recovery.mark();
    helix->sweep();
    return court->sit();
}

}  // namespace helix::testing
