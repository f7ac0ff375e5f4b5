#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

// A report that is not as it should be is kept, marked, and the others are read; what is no JSON ends the list.
namespace helix::kube_objects {
namespace {

struct Kept {
    std::string name;
    std::string problem;
    friend bool operator==(const Kept&, const Kept&) = default;
};

Kept kept(const trial::Trial& trial) {
    return {trial.name, trial.problem};
}
template <class Report>
Kept kept(const Report& report) {
    return {report.ref.name, report.problem};
}

/// Decodes a list; nullopt when it is refused.
std::optional<std::vector<Kept>> decode(Kind kind, std::string page) {
    Decoder decoder;
    std::vector<Kept> all;
    const auto read = decoder.decode_list(page, kind, [&](Object&& object) {
        if (auto* trial = std::get_if<trial::Trial>(&object)) all.push_back(kept(*trial));
        if (auto* report = std::get_if<trial::PolicyReport>(&object)) all.push_back(kept(*report));
        if (auto* constraint = std::get_if<trial::Constraint>(&object)) all.push_back(kept(*constraint));
        if (auto* image = std::get_if<trial::ImageReport>(&object)) all.push_back(kept(*image));
    });
    if (!read || read->items != all.size()) return std::nullopt;
    return all;
}

struct Case {
    Kind kind;
    const char* body;     ///< behind the metadata
    const char* problem;  ///< what it begins with
};

class WrongTypes : public testing::TestWithParam<Case> {};

TEST_P(WrongTypes, MarkTheirReportAlone) {
    const std::string good = GetParam().kind == Kind::VulnerabilityReport ? R"(,"report":{})" : "";
    const auto all = decode(GetParam().kind, R"({"items":[{"metadata":{"name":"before"})" + good +
                                                 R"(},{"metadata":{"name":"broken","uid":"u"},)" + GetParam().body +
                                                 R"(},{"metadata":{"name":"after"})" + good + "}]}");
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ(all->at(0).name, "before");
    EXPECT_EQ(all->at(1).name, "broken");
    EXPECT_EQ(all->at(1).problem.substr(0, std::string(GetParam().problem).size()), GetParam().problem);
    EXPECT_NE(all->at(1).problem, "");
    EXPECT_EQ(all->at(2).name, "after");
    if (GetParam().kind != Kind::TrendalTrial) {
        EXPECT_EQ(all->at(0).problem, "");
        EXPECT_EQ(all->at(2).problem, "");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Evidence, WrongTypes,
    testing::Values(
        Case{Kind::PolicyReport, R"("results":7)", "results:"},
        Case{Kind::PolicyReport, R"("results":{"a":1})", "results:"},
        Case{Kind::PolicyReport, R"("results":[7])", "results[0]:"},
        Case{Kind::PolicyReport, R"("results":[{"policy":"a"},{"policy":{}}])", "results[1].policy:"},
        Case{Kind::PolicyReport, R"("results":[{"result":true}])", "results[0].result:"},
        Case{Kind::PolicyReport, R"("results":[{"timestamp":"2026-01-01T00:00:00Z"}])", "results[0].timestamp:"},
        Case{Kind::PolicyReport, R"("results":[{"timestamp":{"seconds":1.5}}])", "results[0].timestamp.seconds:"},
        Case{Kind::PolicyReport, R"("results":[{"timestamp":{"seconds":99999999999999999999}}])", "results[0]"},
        Case{Kind::PolicyReport, R"("results":[{"properties":["a"]}])", "results[0].properties:"},
        Case{Kind::PolicyReport, R"("results":[{"resources":"all"}])", "results[0].resources:"},
        Case{Kind::PolicyReport, R"("scope":"shop")", "scope:"},
        Case{Kind::PolicyReport, R"("scope":{"kind":1})", "scope.kind:"},
        Case{Kind::PolicyReport, R"("metadata":{"name":"broken","labels":[]})", "metadata.labels:"},
        Case{Kind::OpenReport, R"("source":[])", "source:"},
        Case{Kind::OpenReport, R"("configuration":{"limits":{"statusFilter":"pass"}})", "configuration.limits"},
        Case{Kind::Constraint, R"("spec":"deny")", "spec:"},
        Case{Kind::Constraint, R"("spec":{"enforcementAction":1})", "spec.enforcementAction:"},
        Case{Kind::Constraint, R"("spec":{"scopedEnforcementActions":[1]})", "spec.scopedEnforcementActions[0]:"},
        Case{Kind::Constraint, R"("spec":{"match":{"kinds":[{"kinds":"Pod"}]}})", "spec.match.kinds[0].kinds:"},
        Case{Kind::Constraint, R"("spec":{"match":{"labelSelector":{"matchExpressions":[{"operator":"Like"}]}}})",
             "spec.match.labelSelector.matchExpressions[0].operator: is no known operator"},
        Case{Kind::Constraint, R"("status":{"auditTimestamp":"soon"})", "status.auditTimestamp: is not"},
        Case{Kind::Constraint, R"("status":{"totalViolations":"3"})", "status.totalViolations:"},
        Case{Kind::Constraint, R"("status":{"violations":{"a":1}})", "status.violations:"},
        Case{Kind::Constraint, R"("status":{"byPod":[{"operations":"audit"}]})", "status.byPod[0].operations:"},
        Case{Kind::VulnerabilityReport, R"("kind":"VulnerabilityReport")", "report: is missing"},
        Case{Kind::VulnerabilityReport, R"("report":null)", "report: is missing"},
        Case{Kind::VulnerabilityReport, R"("report":[])", "report:"},
        Case{Kind::VulnerabilityReport, R"("report":{"summary":{"criticalCount":"none"}})",
             "report.summary.criticalCount:"},
        Case{Kind::VulnerabilityReport, R"("report":{"updateTimestamp":5})", "report.updateTimestamp:"},
        Case{Kind::VulnerabilityReport, R"("report":{"vulnerabilities":[{"severity":null},{"severity":5}]})",
             "report.vulnerabilities[1].severity:"},
        Case{Kind::TrendalTrial, R"("spec":{"gates":[null]})", "spec.gates[0]:"},
        Case{Kind::TrendalTrial,
             R"("spec":{},"status":[1,)"
             R"({"a":"b"}])",
             "spec.subject: is missing"}));

TEST(Malformed, MoreResultsThanAnybodyWritesAreRefused) {
    std::string results = "{}";
    for (int i = 0; i < 20'000; ++i) results += ",{}";
    const auto all = decode(Kind::PolicyReport, R"({"items":[{"metadata":{"name":"r"},"results":[)" + results + "]}]}");
    ASSERT_TRUE(all.has_value());
    EXPECT_EQ(all->at(0).problem, "results[20000]: is longer than 20000");
}

TEST(Malformed, WithoutANameNothingCanBeKept) {
    EXPECT_FALSE(decode(Kind::PolicyReport, R"({"items":[{"results":[]}]})"));
    EXPECT_FALSE(decode(Kind::PolicyReport, R"({"items":[7]})"));
    EXPECT_FALSE(decode(Kind::PolicyReport, R"({"items":[null]})"));
    EXPECT_FALSE(decode(Kind::Constraint, R"({"items":[{"metadata":{"name":5}}]})"));
    EXPECT_FALSE(decode(Kind::TrendalTrial, R"({"items":[{"metadata":"t"}]})"));
}

TEST(Malformed, WhatIsNoJsonEndsTheListAndIsNeverAShorterOne) {
    const std::string after = R"(,{"metadata":{"name":"after"}}]})";
    for (const char* broken : {R"({"metadata":{"name":"b"},"results":[}])", R"({"metadata":{"name":"b")"})
        EXPECT_FALSE(decode(Kind::PolicyReport, R"({"items":[)" + std::string(broken) + after)) << broken;
    // Brackets that pair up end nothing: the neighbours are whole.
    for (const char* odd :
         {R"({"metadata":{"name":"b"},"results":[}})", R"({"metadata":{"name":"b"},"results" 7})",
          R"({"metadata":{"name":"b"} "results":[]})", R"({"metadata":{"name":"b"},"results":[{} {}]})"}) {
        const auto all = decode(Kind::PolicyReport, R"({"items":[)" + std::string(odd) + after);
        ASSERT_TRUE(all.has_value()) << odd;
        ASSERT_EQ(all->size(), 2U) << odd;
        EXPECT_NE(all->at(0).problem, "") << odd;
    }
}

struct Sample {
    const char* file;
    Kind kind;
};
constexpr std::array<Sample, 5> kSamples = {{{"policyreports.json", Kind::PolicyReport},
                                             {"policyreports.json", Kind::OpenReport},
                                             {"constraints.json", Kind::Constraint},
                                             {"vulnerabilityreports.json", Kind::VulnerabilityReport},
                                             {"trendaltrials.json", Kind::TrendalTrial}}};

std::string text_of(const Sample& sample) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + sample.file);
    std::stringstream text;
    text << file.rdbuf();
    const std::string whole = text.str();
    return whole.substr(0, whole.rfind('}') + 1);
}

TEST(Malformed, EveryPrefixOfAListIsRefused) {
    for (const Sample& sample : kSamples) {
        const std::string whole = text_of(sample);
        ASSERT_TRUE(decode(sample.kind, whole)) << sample.file;
        for (std::size_t length = 0; length < whole.size(); ++length)
            ASSERT_FALSE(decode(sample.kind, whole.substr(0, length))) << sample.file << " cut at " << length;
    }
}

RC_GTEST_PROP(Malformed, ChangedBytesNeverCrash, (const std::vector<std::pair<std::uint16_t, char>>& changes)) {
    const Sample& sample = *rc::gen::elementOf(kSamples);
    std::string page = text_of(sample);
    const std::size_t whole = decode(sample.kind, page)->size();
    bool of_structure = false;
    for (const auto& [at, byte] : changes) {
        char& there = page[at % page.size()];
        for (const char c : {there, byte})
            of_structure = of_structure || std::string("{}[]\"\\,:").find(c) != std::string::npos;
        there = byte;
    }
    const auto all = decode(sample.kind, page);
    if (all && !of_structure) RC_ASSERT(all->size() == whole);
}

}  // namespace
}  // namespace helix::kube_objects
