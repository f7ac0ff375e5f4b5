#include "tests/court/sim_world.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "service/wire/timestamps.hpp"

namespace helix::testing {
namespace {

using nlohmann::json;
using trial::Gate;

std::string image_of(int revision) {
    return "docker.io/shop/web@sha256:" + std::string(64, static_cast<char>('a' + revision % 6));
}

std::shared_ptr<const cluster::PodShape> shape() {
    static const auto kShape = [] {
        auto made = std::make_shared<cluster::PodShape>();
        made->labels = {{"app", "web"}};
        return made;
    }();
    return kShape;
}

}  // namespace

std::string set_name(int revision) {
    return "web-" + std::to_string(revision);
}

std::string uid_of(const std::string& name) {
    return "uid-" + name;
}

SimWorld::SimWorld(std::uint64_t seed) : plan(seed) {
    for (const char* name : {"n1", "n2"}) {
        cluster::Node node;
        node.name = name;
        node.uid = uid_of(name);
        node.ready = true;
        node.allocatable = {std::int64_t{8} << 30, 8000, 110};
        state.upsert(node);
        state.set_node_usage(name, {std::int64_t{1} << 30, clock.now_us()});
    }
    cluster::Workload falco;
    falco.kind = cluster::WorkloadKind::DaemonSet;
    falco.ns = "falco";
    falco.name = "falco";
    falco.uid = "uid-falco";
    falco.generation = falco.observed_generation = 1;
    falco.shape = shape();
    state.upsert(falco);
    set_falco_ready("n1", true);
    set_falco_ready("n2", true);
    change_template();
    make_replica_set();
    roll();
}

void SimWorld::set_falco_ready(const std::string& node, bool ready) {
    cluster::Pod pod;
    pod.ns = "falco";
    pod.name = "falco-" + node;
    pod.uid = uid_of(pod.name);
    pod.node = node;
    pod.controller = cluster::OwnerRef{"DaemonSet", "falco", "uid-falco"};
    pod.phase = cluster::PodPhase::Running;
    pod.ready = ready;
    pod.shape = shape();
    state.upsert(pod);
    falco_[node] = ready;
}

void SimWorld::show_deployment() {
    cluster::Workload web;
    web.kind = cluster::WorkloadKind::Deployment;
    web.ns = kNs;
    web.name = kSubject;
    web.uid = kUid;
    web.generation = generation;
    web.observed_generation = set_revision == revision ? generation : generation - 1;
    web.desired = web.updated = replicas;
    web.created_at = clock.now_us();
    web.revision = set_revision;
    web.template_digest = static_cast<std::uint64_t>(revision);
    web.shape = shape();
    state.upsert(web);
}

void SimWorld::show_set(int number, std::int64_t desired) {
    cluster::Workload set;
    set.kind = cluster::WorkloadKind::ReplicaSet;
    set.ns = kNs;
    set.name = set_name(number);
    set.uid = uid_of(set.name);
    set.controller = cluster::OwnerRef{"Deployment", kSubject, kUid};
    set.generation = set.observed_generation = 1;
    set.desired = set.updated = desired;
    set.revision = number;
    set.created_at = sets_.at(number);
    set.template_digest = 1000 + static_cast<std::uint64_t>(number);
    set.shape = shape();
    state.upsert(set);
}

void SimWorld::change_template() {
    ++revision;
    ++generation;
    show_deployment();
}

void SimWorld::make_replica_set() {
    if (set_revision == revision) return;
    set_revision = revision;
    set_created_at = clock.now_us() / kSecond * kSecond;  // creation times are whole seconds
    sets_[revision] = set_created_at;
    show_deployment();
    show_set(revision, replicas);
}

void SimWorld::show_pod(const Pod& pod) {
    cluster::Pod seen;
    seen.ns = kNs;
    seen.name = pod.name;
    seen.uid = uid_of(pod.name);
    seen.node = pod.node;
    seen.controller = cluster::OwnerRef{"ReplicaSet", set_name(pod.revision), uid_of(set_name(pod.revision))};
    seen.phase = cluster::PodPhase::Running;
    seen.ready = true;
    seen.shape = shape();
    state.upsert(seen);
}

void SimWorld::add_pod(int number) {
    pods.push_back({set_name(number) + "-p" + std::to_string(++pods_made_), plan.chance(50) ? "n1" : "n2", number});
    show_pod(pods.back());
}

void SimWorld::remove_pod(std::size_t index) {
    state.erase_pod(kNs, pods[index].name);
    policy_reports.erase(uid_of(pods[index].name));  // owned by the pod
    pods.erase(pods.begin() + static_cast<std::ptrdiff_t>(index));
    changed();
}

void SimWorld::scale(int count) {
    replicas = count;
    ++generation;
    show_deployment();
    roll();
}

void SimWorld::replace_pod() {
    if (pods.empty()) return;
    remove_pod(static_cast<std::size_t>(plan.pick(0, static_cast<int>(pods.size()) - 1)));
    roll();
}

void SimWorld::roll() {
    for (std::size_t i = pods.size(); i-- > 0;)
        if (pods[i].revision != set_revision) remove_pod(i);
    while (pods.size() > static_cast<std::size_t>(replicas)) remove_pod(pods.size() - 1);
    while (pods.size() < static_cast<std::size_t>(replicas)) add_pod(set_revision);
}

void SimWorld::report_on(const std::string& kind, const std::string& name, const std::string& uid, int number) {
    trial::PolicyReport report;
    report.ref = {"PolicyReport", kNs, uid, "report-" + uid, std::to_string(version)};
    report.openreports = plan.chance(30);
    if (garbled) {
        report.problem = "results: not a list";
    } else {
        const auto add = [&](trial::Outcome outcome, const std::string& rule) {
            trial::PolicyResult result;
            result.outcome = outcome;
            result.source = "kyverno";
            result.policy = "policy";
            result.rule = rule;
            result.message = "found by a scan";
            result.process = "background scan";
            result.at = clock.now_us() / kSecond * kSecond;
            result.about = {kind, kNs, name, uid};
            report.results.push_back(result);
            if (plan.chance(20)) report.results.push_back(std::move(result));  // twice
        };
        add(trial::Outcome::Pass, "covers");
        for (const Flaw& flaw : flaws)
            if (standing(flaw, number, Gate::Kyverno)) add(trial::Outcome::Fail, flaw.rule);
    }
    policy_reports[uid] = std::make_shared<const trial::PolicyReport>(std::move(report));
}

void SimWorld::kyverno_scan() {
    report_on("Deployment", kSubject, kUid, revision);
    report_on("ReplicaSet", set_name(set_revision), uid_of(set_name(set_revision)), set_revision);
    for (const Pod& pod : pods) report_on("Pod", pod.name, uid_of(pod.name), pod.revision);
    changed();
}

void SimWorld::gatekeeper_audit() {
    constraints.clear();
    const auto add = [&](const std::string& name, const Flaw* flaw) {
        trial::Constraint one;
        one.ref = {"K8sRules", "", name, uid_of(name), std::to_string(version)};
        one.match.kinds = {{{"apps"}, {"ReplicaSet"}}};
        one.audited_at = clock.now_us() / kSecond * kSecond;
        if (flaw != nullptr)
            one.violations.push_back({{"ReplicaSet", kNs, set_name(set_revision), {}},
                                      "you must mend this",
                                      flaw->grave ? trial::Enforcement::Deny : trial::Enforcement::Warn});
        one.total_violations = static_cast<std::int64_t>(one.violations.size());
        if (garbled) {
            const trial::Ref ref = one.ref;
            one = {};
            one.ref = ref;
            one.problem = "status: not an object";
        }
        constraints.push_back(std::make_shared<const trial::Constraint>(std::move(one)));
    };
    add("covers", nullptr);
    for (const Flaw& flaw : flaws)
        if (standing(flaw, set_revision, Gate::Gatekeeper)) add(flaw.rule, &flaw);
    changed();
}

void SimWorld::trivy_scan() {
    trial::ImageReport report;
    report.ref = {"VulnerabilityReport", kNs, "rs-" + set_name(set_revision), "uid-scan", std::to_string(version)};
    if (garbled) {
        report.problem = "report: is missing";
    } else {
        report.owner = {"ReplicaSet", kNs, set_name(set_revision), uid_of(set_name(set_revision))};
        report.container = "web";
        report.digest = image_of(set_revision);
        report.updated_at = clock.now_us() / kSecond * kSecond;
        for (const Flaw& flaw : flaws) {
            if (!standing(flaw, set_revision, Gate::Trivy)) continue;
            report.vulnerabilities.push_back({flaw.rule, flaw.grave ? "CRITICAL" : "HIGH", "libc", ""});
            ++(flaw.grave ? report.critical : report.high);
        }
    }
    image_report = std::make_shared<const trial::ImageReport>(std::move(report));
    changed();
}

void SimWorld::trivy_expire() {
    image_report = nullptr;
    changed();
}

std::set<std::string> SimWorld::shown() const {
    std::set<std::string> rules;
    if (set_revision != revision) return rules;
    const std::string own = "-r" + std::to_string(revision) + "-";
    const auto take = [&](const std::string& rule) {
        if (rule.find(own) != std::string::npos) rules.insert(rule);
    };
    const auto current = [](const trial::Standing& one) { return one.served == trial::Standing::Served::Current; };
    if (current(kyverno))
        for (const auto& [uid, report] : policy_reports)
            for (const trial::PolicyResult& result : report->results)
                if (result.outcome == trial::Outcome::Fail && result.about.uid == uid_of(set_name(revision)))
                    take(result.rule);
    if (current(gatekeeper))
        for (const auto& one : constraints)
            if (!one->violations.empty() && one->violations[0].about.name == set_name(revision) &&
                one->audited_at >= set_created_at)
                take(one->ref.name);
    if (current(trivy) && image_report && image_report->owner.uid == uid_of(set_name(revision)))
        for (const trial::Vulnerability& one : image_report->vulnerabilities) take(one.id);
    return rules;
}

std::set<std::string> SimWorld::shown_grave() const {
    std::set<std::string> grave;
    const std::set<std::string> all = shown();
    for (const Flaw& flaw : flaws)
        if (flaw.gate == Gate::Trivy && flaw.grave && all.contains(flaw.rule)) grave.insert(flaw.rule);
    return grave;
}

const std::vector<trial::ManifestFinding>& SimWorld::findings_on(int number) {
    const auto [known, first] = findings_.try_emplace(number);
    if (!first) return known->second;
    for (const Flaw& flaw : flaws)
        if (standing(flaw, number, Gate::Conftest))
            known->second.push_back(
                {trial::ManifestFinding::Kind::Warn, "policy", flaw.rule, "web", "not as it should be"});
    return known->second;
}

void SimWorld::put_trial(const trial::Trial& trial) {
    docket[trial.name] = std::make_shared<const trial::Trial>(trial);
    changed();
}

void SimWorld::keep_status(const std::string& name, const std::string& status_json) {
    const json status = json::parse(status_json);
    trial::Trial shown = *docket.at(name);
    shown.status_digest = std::hash<std::string>{}(status_json) | 1U;
    shown.resource_version = std::to_string(++versions_);
    shown.history.clear();
    for (const json& point : status.value("warmthHistory", json::array())) {
        trial::WarmthPoint one;
        one.at = *wire::from_rfc3339(point.at("at").get<std::string>());
        const std::string warmth = point.at("warmth").get<std::string>();
        one.warmth =
            std::stoll(warmth.substr(0, warmth.find('.'))) * 100 + std::stoll(warmth.substr(warmth.find('.') + 1));
        for (const auto verdict : {trial::Verdict::Admit, trial::Verdict::Watch, trial::Verdict::Deny})
            if (to_string(verdict) == point.at("verdict").get<std::string>()) one.verdict = verdict;
        shown.history.push_back(one);
    }
    docket[name] = std::make_shared<const trial::Trial>(std::move(shown));
    statuses[name] = status_json;
}

}  // namespace helix::testing
