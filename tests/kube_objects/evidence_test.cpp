#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

// policyreports.json and constraints.json are what a live Kyverno 1.19 and Gatekeeper 3.23 wrote; the other reports
// follow the documented formats of their writers.
namespace helix::kube_objects {
namespace {

using trial::About;
using trial::Enforcement;
using trial::Outcome;

std::string sample(const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

template <class T>
std::vector<T> list(Kind kind, std::string page) {
    Decoder decoder;
    std::vector<T> all;
    const auto read = decoder.decode_list(page, kind, [&](Object&& one) { all.push_back(std::get<T>(one)); });
    EXPECT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read.ok() ? read->items : 0, all.size());
    return all;
}

/// One object of that kind with `rest` behind its metadata.
template <class T>
T one(Kind kind, const std::string& rest, const std::string& metadata = "") {
    const auto all = list<T>(kind, R"({"items":[{"kind":"K","metadata":{"name":"r","namespace":"shop","uid":"u",
        "resourceVersion":"7","generation":2)" +
                                       metadata + "}" + (rest.empty() ? "" : ",") + rest + "}]}");
    return all.size() == 1 ? all[0] : T{};
}

TEST(PolicyReports, AreReadAsKyvernoWritesThem) {
    const auto reports = list<trial::PolicyReport>(Kind::PolicyReport, sample("policyreports.json"));
    ASSERT_EQ(reports.size(), 7U);
    const trial::PolicyReport& web = reports[5];
    EXPECT_EQ(web.ref.kind, "PolicyReport");
    EXPECT_FALSE(web.ref.uid.empty());
    EXPECT_FALSE(web.ref.resource_version.empty());
    EXPECT_FALSE(web.openreports);
    EXPECT_TRUE(web.passes_kept);
    EXPECT_EQ(web.problem, "");
    ASSERT_EQ(web.results.size(), 2U);
    for (const trial::PolicyResult& result : web.results) {
        EXPECT_EQ(result.outcome, Outcome::Fail);
        EXPECT_EQ(result.source, "kyverno");
        EXPECT_EQ(result.process, "background scan");
        EXPECT_EQ(result.about.kind, "Deployment");
        EXPECT_EQ(result.about.name, "web");
        EXPECT_EQ(result.about.uid, web.ref.name) << "a report is named after its subject";
        EXPECT_GT(result.at, 1'700'000'000'000'000);
        EXPECT_FALSE(result.message.empty());
    }
}

TEST(PolicyReports, OfOpenReportsSayWhatTheyFilter) {
    const auto report = one<trial::PolicyReport>(Kind::OpenReport,
                                                 R"("source":"kyverno",
        "configuration":{"limits":{"maxResults":100,"statusFilter":["fail","warn"]}},
        "scope":{"kind":"Pod","namespace":"shop","name":"p","uid":"pu"},
        "results":[{"policy":"a","rule":"b","result":"skip","properties":{"exceptions":"legacy"},
                    "timestamp":{"seconds":1795228742,"nanos":5000}},
                   {"policy":"c","result":"nonsense","source":"ValidatingPolicy",
                    "resources":[{"kind":"Pod","name":"x"},{"kind":"Pod","name":"y"}]}])");
    EXPECT_EQ(report.problem, "");
    EXPECT_TRUE(report.openreports);
    EXPECT_FALSE(report.passes_kept);
    ASSERT_EQ(report.results.size(), 3U) << "one for each resource";
    EXPECT_EQ(report.results[0].outcome, Outcome::Skip);
    EXPECT_EQ(report.results[0].exception, "legacy");
    EXPECT_EQ(report.results[0].at, 1'795'228'742'000'005);
    EXPECT_EQ(report.results[0].source, "kyverno") << "the report's own, where a result names none";
    EXPECT_EQ(report.results[0].about, (About{"Pod", "shop", "p", "pu"}));
    EXPECT_EQ(report.results[1].outcome, Outcome::Error) << "an unknown word is no pass";
    EXPECT_EQ(report.results[1].source, "ValidatingPolicy");
    EXPECT_EQ(report.results[1].about, (About{"Pod", "", "x", ""}));
    EXPECT_EQ(report.results[2].about, (About{"Pod", "", "y", ""}));
}

TEST(PolicyReports, WithoutScopeSpeakOfTheirOwner) {
    const auto report =
        one<trial::PolicyReport>(Kind::PolicyReport, R"("results":[{"policy":"a","result":"pass"}])",
                                 R"(,"ownerReferences":[{"kind":"Deployment","name":"web","uid":"wu"}])");
    ASSERT_EQ(report.results.size(), 1U);
    EXPECT_EQ(report.results[0].about, (About{"Deployment", "shop", "web", "wu"}));
    EXPECT_EQ(report.results[0].at, 0);
}

TEST(PolicyReports, OfFalcosidekickAreTimedByTheEvent) {
    const auto report = one<trial::PolicyReport>(Kind::PolicyReport, R"("results":[
        {"policy":"syscalls","rule":"Terminal shell","source":"Falco","result":"fail","severity":"critical",
         "timestamp":{"seconds":45,"nanos":45},
         "properties":{"evt.time":"1767323045123456789","k8s.ns.name":"shop","k8s.pod.name":"web-1",
                       "container.id":"abc","container.name":"web"}},
        {"source":"Falco","result":"fail","timestamp":{"seconds":45},"properties":{"evt.time":"1.7673230451234568e+18"}},
        {"source":"Falco","result":"fail","timestamp":{"seconds":45},"properties":{"evt.time":"12:01:02.3"}}])");
    ASSERT_EQ(report.results.size(), 3U);
    EXPECT_EQ(report.results[0].at, 1'767'323'045'123'456) << "never the second within the minute";
    EXPECT_EQ(report.results[0].about, (About{"Pod", "shop", "web-1", ""}));
    EXPECT_EQ(report.results[0].container, "web");
    EXPECT_EQ(report.results[0].container_id, "abc");
    EXPECT_NEAR(static_cast<double>(report.results[1].at), 1.767323045123456e15, 1e3);
    EXPECT_EQ(report.results[2].at, 0);
}

TEST(PolicyReports, LongTextsAreCutBetweenCharacters) {
    std::string message(511, 'x');
    for (int i = 0; i < 100; ++i) message += "\u00e9";
    const auto report =
        one<trial::PolicyReport>(Kind::PolicyReport, R"("results":[{"policy":"a","message":")" + message + R"("}])");
    ASSERT_EQ(report.results.size(), 1U);
    EXPECT_EQ(report.results[0].message, std::string(511, 'x')) << "half of an é is no text";
}

TEST(Constraints, AreReadAsGatekeeperWritesThem) {
    const auto constraints = list<trial::Constraint>(Kind::Constraint, sample("constraints.json"));
    ASSERT_EQ(constraints.size(), 2U);
    const trial::Constraint& owner = constraints[0];
    EXPECT_EQ(owner.ref.kind, "K8sRequiredLabels");
    EXPECT_EQ(owner.ref.name, "deployments-must-have-owner");
    EXPECT_EQ(owner.action, Enforcement::Deny);
    EXPECT_TRUE(owner.audited);
    EXPECT_EQ(owner.match.excluded_namespaces, (std::vector<std::string>{"kube-system"}));
    ASSERT_EQ(owner.match.kinds.size(), 1U);
    EXPECT_EQ(owner.match.kinds[0].groups, (std::vector<std::string>{"apps"}));
    EXPECT_EQ(owner.match.kinds[0].kinds, (std::vector<std::string>{"Deployment"}));
    EXPECT_EQ(owner.audited_at, 1'795'227'689'000'000);
    EXPECT_EQ(owner.total_violations, 3);
    EXPECT_TRUE(owner.current) << "byPod is null: nothing speaks against it";
    ASSERT_EQ(owner.violations.size(), 3U);
    EXPECT_EQ(owner.violations[0].about, (About{"Deployment", "shop", "web", ""}));
    EXPECT_EQ(owner.violations[0].message, R"(you must provide labels: {"owner"})");
    EXPECT_EQ(constraints[1].audit_action, Enforcement::Dryrun);
    EXPECT_EQ(constraints[1].violations[0].action, Enforcement::Dryrun);
    EXPECT_EQ(constraints[1].problem, "") << "another engine's absence is no matter of the audit";
}

TEST(Constraints, ScopedOnesMeanWhatTheyAskForAtTheAudit) {
    const auto scoped = [](const std::string& actions) {
        return one<trial::Constraint>(
            Kind::Constraint, R"("spec":{"scopedEnforcementActions":[)" + actions + R"(],"enforcementAction":"scoped"},
            "status":{"violations":[{"kind":"Pod","name":"p","enforcementAction":"scoped",
                                     "enforcementActions":["warn","deny"]}]})");
    };
    const auto at_audit = scoped(R"({"action":"warn","enforcementPoints":[{"name":"audit.gatekeeper.sh"}]},
                                    {"action":"deny","enforcementPoints":[{"name":"gator.gatekeeper.sh"}]})");
    EXPECT_TRUE(at_audit.audited);
    EXPECT_EQ(at_audit.action, Enforcement::Scoped);
    EXPECT_EQ(at_audit.audit_action, Enforcement::Warn);
    EXPECT_EQ(at_audit.violations.at(0).action, Enforcement::Deny) << "the gravest that the violation lists";
    EXPECT_EQ(scoped(R"({"action":"warn","enforcementPoints":[{"name":"audit.gatekeeper.sh"}]},
                        {"action":"deny","enforcementPoints":[{"name":"*"}]})")
                  .audit_action,
              Enforcement::Deny);
    EXPECT_FALSE(scoped(R"({"action":"deny","enforcementPoints":[{"name":"validation.gatekeeper.sh"}]})").audited);
    EXPECT_FALSE(scoped("").audited);
}

TEST(Constraints, TellWhetherTheAuditSawThisGeneration) {
    const auto status = [](const std::string& by_pod) {
        return one<trial::Constraint>(Kind::Constraint, R"("status":{"byPod":[)" + by_pod + "]}");
    };
    EXPECT_TRUE(status(R"({"operations":["audit"],"observedGeneration":2})").current);
    EXPECT_FALSE(status(R"({"operations":["audit"],"observedGeneration":1})").current);
    EXPECT_TRUE(status(R"({"operations":["webhook"],"observedGeneration":1})").current) << "not the audit's pod";
    EXPECT_EQ(status(R"({"errors":[{"code":"c","message":"no template"},{"message":"other"}]})").problem,
              "no template");
    EXPECT_EQ(status(R"({"errors":[{"code":"c"}]})").problem, "unnamed error");
}

TEST(Constraints, MatchByNamesAndLabels) {
    const auto constraint = one<trial::Constraint>(Kind::Constraint, R"("spec":{"match":{"name":"web-*",
        "scope":"Namespaced","source":"Original","namespaces":["shop-*"],"labelSelector":{"matchLabels":{"a":"b"}},
        "namespaceSelector":{"matchExpressions":[{"key":"env","operator":"NotIn","values":["dev"]}]}}})");
    const trial::ConstraintMatch& match = constraint.match;
    EXPECT_EQ(match.name, "web-*");
    EXPECT_EQ(match.scope, "Namespaced");
    EXPECT_EQ(match.source, "Original");
    EXPECT_EQ(match.namespaces, (std::vector<std::string>{"shop-*"}));
    EXPECT_EQ(match.labels, (cluster::SelectorTerm{{"a", cluster::Operator::In, {"b"}, false}}));
    EXPECT_EQ(match.namespace_labels, (cluster::SelectorTerm{{"env", cluster::Operator::NotIn, {"dev"}, false}}));
    EXPECT_EQ(constraint.action, Enforcement::Deny) << "the default";
}

TEST(AuditExemptions, AreOfTheAuditAlone) {
    const auto read = [](const std::string& match) {
        return one<trial::AuditExemption>(Kind::GatekeeperConfig, R"("spec":{"match":[)" + match + "]}");
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(read(R"({"excludedNamespaces":["kube-*","dev"],"processes":["*"]})").namespaces,
              (Names{"kube-*", "dev"}));
    EXPECT_EQ(read(R"({"processes":["webhook","audit"],"excludedNamespaces":["a"]},
                      {"processes":["webhook","sync"],"excludedNamespaces":["b"]})")
                  .namespaces,
              Names{"a"});
    EXPECT_EQ(one<trial::AuditExemption>(Kind::GatekeeperConfig, "").namespaces, Names{});
    EXPECT_NE(one<trial::AuditExemption>(Kind::GatekeeperConfig, R"("spec":{"match":"all"})").problem, "");
}

TEST(ScanSettings, TellWhatIsLeftOut) {
    const auto read = [](const std::string& data) {
        return one<trial::ScanSettings>(Kind::ScanSettings, R"("data":{)" + data + "}");
    };
    EXPECT_FALSE(read("").leaves_out_grave) << "the operator scans for all unless told otherwise";
    EXPECT_FALSE(read(R"("trivy.severity":"UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL")").leaves_out_grave);
    EXPECT_FALSE(read(R"("trivy.severity":"critical, high")").leaves_out_grave);
    EXPECT_TRUE(read(R"("trivy.severity":"CRITICAL")").leaves_out_grave);
    EXPECT_TRUE(read(R"("trivy.severity":"HIGH,MEDIUM")").leaves_out_grave);
    EXPECT_TRUE(read(R"("trivy.severity":"")").leaves_out_grave);
    EXPECT_TRUE(read(R"("trivy.ignoreUnfixed":"true")").leaves_out_unfixed);
    EXPECT_TRUE(read(R"("trivy.ignoreUnfixed":"1")").leaves_out_unfixed);
    EXPECT_FALSE(read(R"("trivy.ignoreUnfixed":"false")").leaves_out_unfixed);
    EXPECT_NE(one<trial::ScanSettings>(Kind::ScanSettings, R"("data":"all")").problem, "");
}

TEST(ImageReports, AreReadAsTheTrivyOperatorWritesThem) {
    const auto reports = list<trial::ImageReport>(Kind::VulnerabilityReport, sample("vulnerabilityreports.json"));
    ASSERT_EQ(reports.size(), 2U);
    const trial::ImageReport& web = reports[0];
    EXPECT_EQ(web.owner, (About{"ReplicaSet", "shop", "web-5df8b9455b", "4efaf599-84e0-43e0-befa-07b99905a963"}));
    EXPECT_EQ(web.container, "web");
    EXPECT_EQ(web.repository, "library/nginx");
    EXPECT_EQ(web.tag, "1.27");
    EXPECT_EQ(web.digest.substr(0, 15), "sha256:0a1b2c3d");
    EXPECT_EQ(web.scanner_version, "0.66.0");
    EXPECT_EQ(web.updated_at, 1'795'161'603'000'000);
    EXPECT_FALSE(web.superseded);
    EXPECT_EQ(web.critical, 1);
    EXPECT_EQ(web.high, 2);
    EXPECT_EQ(web.lower, 83);
    ASSERT_EQ(web.vulnerabilities.size(), 3U) << "lower ones are counted, not kept";
    EXPECT_EQ(web.vulnerabilities[0], (trial::Vulnerability{"CVE-2024-3094", "CRITICAL", "liblzma5", "5.6.1-2"}));
    EXPECT_EQ(web.vulnerabilities[1].fixed_in, "");
    const trial::ImageReport& old = reports[1];
    EXPECT_TRUE(old.superseded);
    EXPECT_EQ(old.owner.kind, "ReplicaSet");
    EXPECT_EQ(old.owner.name, "a-name-of-more-than-sixty-three-characters-that-is-no-value-of-a-label-1")
        << "in full by an annotation, where the label holds its hash alone";
    EXPECT_EQ(old.digest, "");
}

TEST(ImageReports, CountWhatIsListedWhereTheSummaryDoesNot) {
    const auto report = one<trial::ImageReport>(Kind::VulnerabilityReport, R"("report":{"summary":{"criticalCount":0},
        "vulnerabilities":[{"vulnerabilityID":"CVE-1","severity":"critical"},{"vulnerabilityID":"CVE-2"}]})");
    EXPECT_EQ(report.critical, 1);
    ASSERT_EQ(report.vulnerabilities.size(), 1U);
    EXPECT_EQ(report.vulnerabilities[0].severity, "CRITICAL");
}

TEST(CustomResources, AreKnownByTheirMetadata) {
    const auto all =
        list<CustomResource>(Kind::CustomResourceDefinition,
                             R"({"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"5"},"items":[
        {"kind":"PartialObjectMetadata","metadata":{"name":"policyreports.wgpolicyk8s.io","uid":"a"}},
        {"metadata":{"name":"reports.openreports.io","uid":"b","deletionTimestamp":"2026-01-01T00:00:00Z"}}]})");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0], (CustomResource{"policyreports.wgpolicyk8s.io", "a", false}));
    EXPECT_TRUE(all[1].deleting);
}

TEST(Evidence, OfAWatchBringsItsVersion) {
    Decoder decoder;
    const auto event = decoder.decode_watch_line(
        R"({"type":"DELETED","object":{"kind":"Report","metadata":{"name":"r","resourceVersion":"9"}}})",
        Kind::OpenReport);
    ASSERT_TRUE(event.ok()) << event.error().message;
    EXPECT_EQ(event->resource_version, "9");
    EXPECT_EQ(std::get<trial::PolicyReport>(*event->object).ref.kind, "Report");
}

}  // namespace
}  // namespace helix::kube_objects
