#include "adapters/kubernetes/court_feed.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace helix::kubernetes {
namespace {

using kube_objects::Kind;
using trial::Standing;

constexpr const char* kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

constexpr const char* kTrials = "trendaltrials.eose.ca";
constexpr const char* kPolicyReports = "policyreports.wgpolicyk8s.io";
constexpr const char* kOpenReports = "reports.openreports.io";
constexpr const char* kImageReports = "vulnerabilityreports.aquasecurity.github.io";
// A ConfigMap's name, which the Trivy operator's code gives it in whatever namespace it is.
constexpr const char* kScanSettings = "trivy-operator-trivy-config";
constexpr const char* kTemplates = "constrainttemplates.templates.gatekeeper.sh";
constexpr const char* kGatekeeperConfigs = "configs.config.gatekeeper.sh";
constexpr std::string_view kConstraintGroup = ".constraints.gatekeeper.sh";

/// That Kyverno is there is told by its own policies' API: others write policy reports too.
bool is_kyverno(const std::string& definition) {
    return definition.ends_with(".kyverno.io") && definition.find("polic") != std::string::npos;
}

std::optional<WatchedResource> constraint_resource(const std::string& definition) {
    if (!definition.ends_with(kConstraintGroup)) return std::nullopt;
    const std::string plural = definition.substr(0, definition.size() - kConstraintGroup.size());
    return WatchedResource{Kind::Constraint, "/apis/constraints.gatekeeper.sh/v1beta1/" + plural};
}

}  // namespace

/// A resource that is watched while its definition is there and it is wanted.
struct CourtFeed::Api {
    Api(WatchContext& context, WatchSink& sink, WatchedResource resource, std::string told_by, Wanted when,
        std::function<void()> forget)
        : watcher(context, sink, std::move(resource)),
          definition(std::move(told_by)),
          wanted(when),
          clear(std::move(forget)) {}

    Watcher watcher;
    const std::string definition;
    const Wanted wanted;
    const std::function<void()> clear;
    bool running = false;
};

class CourtFeed::Definitions final : public WatchSink {
public:
    explicit Definitions(CourtFeed& feed) : feed_(feed) {}

    void begin_list(Kind) override { seen_.clear(); }
    void put(Kind, kube_objects::Object&& object) override {
        const auto* definition = std::get_if<kube_objects::CustomResource>(&object);
        if (definition == nullptr) return;
        seen_.insert(definition->name);
        feed_.appeared(definition->name);
    }
    void remove(Kind, const kube_objects::Object& object) override {
        const auto* definition = std::get_if<kube_objects::CustomResource>(&object);
        if (definition != nullptr) feed_.vanished(definition->name);
    }
    void finish_list(Kind) override {
        const std::set<std::string> before = feed_.served_;
        for (const std::string& name : before)
            if (!seen_.contains(name)) feed_.vanished(name);
    }
    void reached(Kind, const std::string&) override {}

private:
    CourtFeed& feed_;
    std::set<std::string> seen_;
};

CourtFeed::CourtFeed(WatchContext& context)
    : context_(context),
      definitions_(std::make_unique<Definitions>(*this)),
      trials_([this](const std::string&) { changed({}); }),
      policy_reports_([this](const std::string& ns) { changed(ns); }),
      open_reports_([this](const std::string& ns) { changed(ns); }),
      image_reports_([this](const std::string& ns) { changed(ns); }),
      audit_exemptions_([this](const std::string&) { changed({}); }),
      scan_settings_([this](const std::string&) { changed({}); }) {
    policy_reports_.keep_only({});
    open_reports_.keep_only({});
    image_reports_.keep_only({});
    WatchedResource resource{Kind::CustomResourceDefinition, kDefinitions, {}, true};
    resource.reflector.may_be_absent = true;
    definition_watcher_ = std::make_unique<Watcher>(context_, *definitions_, std::move(resource));
}

CourtFeed::~CourtFeed() = default;

void CourtFeed::start() {
    definition_watcher_->start();
}

template <class T>
void CourtFeed::watch(const std::string& definition, WatchedResource resource, Shelf<T>& shelf, Wanted wanted,
                      const std::string& name) {
    auto& kept = apis_[name.empty() ? definition : name];
    if (!kept)
        kept = std::make_unique<Api>(context_, shelf, std::move(resource), definition, wanted,
                                     [&shelf] { shelf.clear(); });
    run(*kept);
}

void CourtFeed::appeared(const std::string& definition) {
    if (!served_.insert(definition).second) return;
    if (definition == kTrials)
        watch(definition, {Kind::TrendalTrial, "/apis/eose.ca/v1/trendaltrials"}, trials_, Wanted::Always);
    if (definition == kPolicyReports)
        watch(definition, {Kind::PolicyReport, "/apis/wgpolicyk8s.io/v1alpha2/policyreports"}, policy_reports_,
              Wanted::OfFollowed);
    if (definition == kOpenReports)
        watch(definition, {Kind::OpenReport, "/apis/openreports.io/v1alpha1/reports"}, open_reports_,
              Wanted::OfFollowed);
    if (definition == kImageReports) {
        watch(definition, {Kind::VulnerabilityReport, "/apis/aquasecurity.github.io/v1alpha1/vulnerabilityreports"},
              image_reports_, Wanted::OfFollowed);
        watch(definition, {Kind::ScanSettings, "/api/v1/configmaps", std::string("metadata.name=") + kScanSettings},
              scan_settings_, Wanted::WhileFollowed, kScanSettings);
    }
    if (definition == kGatekeeperConfigs)
        watch(definition, {Kind::GatekeeperConfig, "/apis/config.gatekeeper.sh/v1alpha1/configs"}, audit_exemptions_,
              Wanted::WhileFollowed);
    auto constraint = constraint_resource(definition);
    if (!constraint) return;
    Shelf<trial::Constraint>* shelf = nullptr;
    {
        const std::lock_guard lock(mutex_);
        auto& kept = constraints_[definition];
        if (!kept) kept = std::make_unique<Shelf<trial::Constraint>>([this](const std::string&) { changed({}); });
        shelf = kept.get();
    }
    watch(definition, *std::move(constraint), *shelf, Wanted::WhileFollowed);
}

/// Starts or stops the watch as it is wanted.
void CourtFeed::run(Api& api) {
    const bool wanted = api.wanted == Wanted::Always || !followed_.empty();
    if (wanted == api.running) return;
    api.running = wanted;
    wanted ? api.watcher.start() : api.watcher.stop();
}

void CourtFeed::vanished(const std::string& definition) {
    if (served_.erase(definition) == 0) return;
    for (auto& [name, api] : apis_) {
        if (api->definition != definition) continue;
        if (std::exchange(api->running, false)) api->watcher.stop();
        api->clear();
    }
}

void CourtFeed::follow(const std::set<std::string>& namespaces) {
    context_.loop.post([this, namespaces] { follow_now(namespaces); });
}

void CourtFeed::follow_now(const std::set<std::string>& namespaces) {
    if (namespaces == followed_) return;
    const bool grown = !std::includes(followed_.begin(), followed_.end(), namespaces.begin(), namespaces.end());
    followed_ = namespaces;
    policy_reports_.keep_only(namespaces);
    open_reports_.keep_only(namespaces);
    image_reports_.keep_only(namespaces);
    for (auto& [name, api] : apis_) {
        if (!served_.contains(api->definition)) continue;
        if (api->running && grown && api->wanted == Wanted::OfFollowed) {  // what was passed over so far is wanted now
            api->watcher.stop();
            api->running = false;
        }
        run(*api);
    }
    changed({});
}

void CourtFeed::changed(const std::string& ns) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    ++(ns.empty() ? all_version_ : versions_[ns]);
}

void CourtFeed::publish() {
    std::map<std::string, Standing> standings;
    for (const std::string& definition : served_) standings[definition] = {Standing::Served::Current, {}};
    for (const auto& [name, api] : apis_) {
        if (!served_.contains(api->definition)) continue;
        const Reflector& reflector = api->watcher.reflector();
        Standing& standing = standings[name];
        standing = {api->running && reflector.listed() ? Standing::Served::Current : Standing::Served::Listing, {}};
        if (api->running && reflector.problem()) standing = {Standing::Served::Unread, reflector.problem()->message};
    }
    const Reflector& definitions = definition_watcher_->reflector();
    if (definitions.problem() || definitions.absent()) {
        const std::string why = definitions.problem() ? definitions.problem()->message : "it is not served";
        standings["*"] = {Standing::Served::Unread, "customresourcedefinitions cannot be read: " + why};
    } else if (!definitions.listed()) {
        standings["*"] = {Standing::Served::Listing, {}};
    }
    const std::lock_guard lock(mutex_);
    if (standings == standings_) return;
    standings_ = std::move(standings);
    ++all_version_;
    ++changes_;
}

/// `mutex_` is held.
Standing CourtFeed::standing_of(const std::string& definition) const {
    const auto found = standings_.find(definition);
    if (found != standings_.end()) return found->second;
    const auto unread = standings_.find("*");
    return unread == standings_.end() ? Standing{} : unread->second;
}

Standing CourtFeed::trials_standing() const {
    const std::lock_guard lock(mutex_);
    return standing_of(kTrials);
}

namespace {

/// Of several APIs that one gate may write to: the first that cannot be relied on, else that they are read.
Standing worst_of(const std::vector<Standing>& all) {
    Standing worst{Standing::Served::Current, {}};
    for (const Standing& one : all) {
        if (one.served == Standing::Served::Unread) return one;
        if (one.served == Standing::Served::Listing) worst = one;
    }
    return worst;
}

}  // namespace

ports::CourtEvidence CourtFeed::evidence(const std::string& ns) const {
    ports::CourtEvidence evidence;
    evidence.policy_reports = policy_reports_.in(ns);
    const auto open = open_reports_.in(ns);
    evidence.policy_reports.insert(evidence.policy_reports.end(), open.begin(), open.end());
    evidence.image_reports = image_reports_.in(ns);
    const std::lock_guard lock(mutex_);
    bool kyverno = false;
    std::vector<Standing> reports;
    std::vector<Standing> constraints;
    const Standing listing{Standing::Served::Listing, {}};
    for (const auto& [definition, standing] : standings_) {
        kyverno = kyverno || is_kyverno(definition);
        const bool policy = definition == kPolicyReports;
        if (policy || definition == kOpenReports) {
            const bool complete = (policy ? policy_reports_ : open_reports_).complete(ns);
            reports.push_back(standing.served == Standing::Served::Current && !complete ? listing : standing);
        }
        if (definition == kGatekeeperConfigs) constraints.push_back(standing);
        const auto shelf = constraints_.find(definition);
        if (shelf == constraints_.end()) continue;
        constraints.push_back(standing);
        const auto all = shelf->second->all();
        evidence.constraints.insert(evidence.constraints.end(), all.begin(), all.end());
    }
    evidence.trivy = standing_of(kImageReports);
    if (evidence.trivy.served == Standing::Served::Current && !image_reports_.complete(ns)) evidence.trivy = listing;
    const Standing settings = standing_of(kScanSettings);
    if (evidence.trivy.served == Standing::Served::Current && settings.served == Standing::Served::Listing)
        evidence.trivy = listing;
    if (settings.served == Standing::Served::Unread) evidence.scan_scope.problem = settings.problem;
    for (const auto& one : scan_settings_.all()) evidence.scan_scope.settings.push_back(*one);
    for (const auto& exemption : audit_exemptions_.all()) {
        if (!exemption->problem.empty())
            constraints.push_back(
                {Standing::Served::Unread, "Config " + exemption->ref.name + ": " + exemption->problem});
        evidence.audit_exempt.insert(evidence.audit_exempt.end(), exemption->namespaces.begin(),
                                     exemption->namespaces.end());
    }
    evidence.gatekeeper = standing_of(kTemplates);
    if (evidence.gatekeeper.served == Standing::Served::Current) evidence.gatekeeper = worst_of(constraints);
    if (kyverno) {
        evidence.kyverno = reports.empty() ? Standing{Standing::Served::Unread, "no API of policy reports is served"}
                                           : worst_of(reports);
    } else if (const auto unread = standings_.find("*"); unread != standings_.end()) {
        evidence.kyverno = unread->second;
    }
    return evidence;
}

std::uint64_t CourtFeed::evidence_version(const std::string& ns) const {
    const std::lock_guard lock(mutex_);
    const auto found = versions_.find(ns);
    return all_version_ + (found == versions_.end() ? 0 : found->second);
}

std::uint64_t CourtFeed::changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
}

}  // namespace helix::kubernetes
