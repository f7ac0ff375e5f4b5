// The definition of TrendalTrial on a real API server: the example is taken, and everything wrong is refused with a
// message that says what is wrong.
#include <gtest/gtest.h>

#include "tests/crds/api.hpp"

namespace helix::crds_test {
namespace {

using nlohmann::json;
using test_support::eventually;
using test_support::TestCluster;

constexpr const char* kDefinition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/trendaltrials.eose.ca";
constexpr const char* kTrials = "/apis/eose.ca/v1/namespaces/chaos-trial/trendaltrials";

class TrialSchema : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (!TestCluster::available()) return;
        cluster_ = TestCluster::start();
        api_ = std::make_unique<Api>(*cluster_);
        const Answer applied = api_->apply(kDefinition, yaml_file(HELIX_CRDS "/trendaltrials.eose.ca.yaml"));
        ASSERT_LT(applied.status, 300) << applied.message();
        const json space = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "chaos-trial"}}}};
        ASSERT_EQ(api_->post("/api/v1/namespaces", space).status, 201);
        ASSERT_TRUE(eventually(20, [] { return api_->get(kTrials).status == 200; })) << "the kind is not served";
    }
    static void TearDownTestSuite() {
        api_.reset();
        cluster_.reset();
    }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
    }

    static json example() { return yaml_file(HELIX_SEED_TRIAL); }

    /// The example under another name, with `patch` merged into its spec.
    static json trial(const std::string& name, const json& patch = json::object()) {
        json made = example();
        made["metadata"]["name"] = name;
        made["spec"].merge_patch(patch);
        return made;
    }

    static std::string path(const std::string& name) { return std::string(kTrials) + "/" + name; }

    static std::unique_ptr<TestCluster> cluster_;
    static std::unique_ptr<Api> api_;
};

std::unique_ptr<TestCluster> TrialSchema::cluster_;
std::unique_ptr<Api> TrialSchema::api_;

TEST_F(TrialSchema, TakesTheExampleAndFillsInWhatIsOptional) {
    const Answer made = api_->post(kTrials, example());
    ASSERT_EQ(made.status, 201) << made.message();
    const json& spec = made.body.at("spec");
    EXPECT_EQ(spec.at("pendingGates"), "Hold");
    EXPECT_EQ(spec.at("suspend"), false);
    EXPECT_EQ(spec.at("historyLimit"), 20);
    EXPECT_EQ(spec.at("warmthFloor"), 0.5);
    EXPECT_FALSE(made.body.contains("status"));
}

TEST_F(TrialSchema, TakesEveryFormThatIsAllowed) {
    const std::vector<json> patches = {
        {{"duration", "0s"}},
        {{"duration", "1h30m"}},
        {{"duration", "1.5h"}},
        {{"duration", "90m"}},
        {{"duration", "86400s"}},
        {{"duration", "500ms"}},
        {{"duration", "87600h"}},
        {{"warmthFloor", 0}},
        {{"warmthFloor", 1}},
        {{"gates", {"conftest"}}},
        {{"sostleTarget", "L7"}},
        {{"pendingGates", "Tolerate"},
         {"suspend", true},
         {"historyLimit", 500},
         {"startAfter", "2026-05-11T21:57:09Z"}},
        {{"subject", {{"deployment", nullptr}, {"statefulset", "db"}}}},
        {{"subject", {{"deployment", nullptr}, {"daemonset", "agent.v2"}}}},
    };
    for (const json& patch : patches) {
        const Answer made = api_->post(std::string(kTrials) + "?dryRun=All", trial("allowed", patch));
        EXPECT_EQ(made.status, 201) << patch << ": " << made.message();
    }
}

// Dividing by a hundred must give back every number of two decimals: 0.29 * 100 is not 29 in binary.
TEST_F(TrialSchema, TakesEveryHundredthAsAFloor) {
    for (int hundredths = 0; hundredths <= 100; ++hundredths) {
        const Answer made =
            api_->post(std::string(kTrials) + "?dryRun=All", trial("floor", {{"warmthFloor", hundredths / 100.0}}));
        ASSERT_EQ(made.status, 201) << hundredths << ": " << made.message();
    }
}

TEST_F(TrialSchema, RefusesWhatIsWrongAndSaysWhy) {
    struct Case {
        json patch;
        std::string message;
    };
    const std::string duration = "duration is a time from 0s to 87600h (ten years), like 24h, 1h30m or 0s";
    const std::string one_of_three = "name exactly one of deployment, statefulset and daemonset";
    const std::vector<Case> cases = {
        {{{"sostleTarget", "L9"}}, R"(spec.sostleTarget: Unsupported value: "L9": supported values: "L0", "L1")"},
        {{{"sostleTarget", "l2"}}, R"(spec.sostleTarget: Unsupported value: "l2")"},
        {{{"sostleTarget", nullptr}}, "spec.sostleTarget: Required value"},
        {{{"warmthFloor", 1.5}}, "spec.warmthFloor in body should be less than or equal to 1"},
        {{{"warmthFloor", -0.1}}, "spec.warmthFloor in body should be greater than or equal to 0"},
        {{{"warmthFloor", 0.505}}, "warmthFloor has at most two decimals, like 0.5 or 0.65"},
        {{{"warmthFloor", "0.5"}}, "spec.warmthFloor in body must be of type number"},
        {{{"warmthFloor", nullptr}}, "spec.warmthFloor: Required value"},
        {{{"gates", {"falco", "falco"}}}, R"(spec.gates[1]: Duplicate value: "falco")"},
        {{{"gates", {"snyk"}}}, R"(spec.gates[0]: Unsupported value: "snyk": supported values: "conftest", "kyverno")"},
        {{{"gates", json::array()}}, "spec.gates in body should have at least 1 items"},
        {{{"gates", nullptr}}, "spec.gates: Required value"},
        {{{"subject", nullptr}}, "spec.subject: Required value"},
        {{{"subject", {{"deployment", nullptr}}}}, one_of_three},
        {{{"subject", {{"daemonset", "x"}}}}, one_of_three},
        {{{"subject", {{"namespace", nullptr}}}}, "spec.subject.namespace: Required value"},
        {{{"subject", {{"deployment", "Mefine"}}}}, "a workload's name is made of small letters"},
        {{{"subject", {{"deployment", ""}}}}, "a workload's name is made of small letters"},
        {{{"subject", {{"namespace", "a/b"}}}}, "namespace is made of small letters"},
        {{{"duration", "soon"}}, duration},
        {{{"duration", ""}}, duration},
        {{{"duration", "24"}}, duration},
        {{{"duration", "1 day"}}, duration},
        {{{"duration", "-5m"}}, duration},
        {{{"duration", "99999h"}}, duration},
        {{{"duration", "24h\n"}}, duration},
        {{{"duration", 24}}, "spec.duration in body must be of type string"},
        {{{"duration", nullptr}}, "spec.duration: Required value"},
        {{{"trialId", "trb-1"}}, "trialId is made of capital letters, digits and hyphens, like TRB-CHAOS-001"},
        {{{"trialId", "TRB/../1"}}, "trialId is made of capital letters"},
        {{{"trialId", ""}}, "trialId is made of capital letters"},
        {{{"trialId", std::string(64, 'T')}}, "spec.trialId: Too long: may not be more than 63"},
        {{{"trialId", nullptr}}, "spec.trialId: Required value"},
        {{{"crew", " "}}, "crew names who owns the trial, like BOSUN"},
        {{{"crew", nullptr}}, "spec.crew: Required value"},
        {{{"pendingGates", "Maybe"}}, R"(spec.pendingGates: Unsupported value: "Maybe": supported values: "Hold")"},
        {{{"historyLimit", 0}}, "spec.historyLimit in body should be greater than or equal to 1"},
        {{{"historyLimit", 501}}, "spec.historyLimit in body should be less than or equal to 500"},
        {{{"startAfter", "tomorrow"}}, "spec.startAfter in body must be of type date-time"},
        {{{"suspend", "yes"}}, "spec.suspend in body must be of type boolean"},
    };
    for (const Case& wrong : cases) {
        const Answer made = api_->post(kTrials, trial("wrong", wrong.patch));
        EXPECT_EQ(made.status, 422) << wrong.patch << ": " << made.message();
        EXPECT_NE(made.message().find(wrong.message), std::string::npos) << wrong.patch << ": " << made.message();
    }
    json without_spec = trial("wrong");
    without_spec.erase("spec");
    EXPECT_NE(api_->post(kTrials, without_spec).message().find("spec: Required value"), std::string::npos);
    const Answer unknown = api_->post(std::string(kTrials) + "?fieldValidation=Strict", trial("wrong", {{"flor", 1}}));
    EXPECT_EQ(unknown.status, 400);
    EXPECT_NE(unknown.message().find(R"(unknown field "spec.flor")"), std::string::npos) << unknown.message();
}

TEST_F(TrialSchema, LetsTheTermsOfATrialChangeButNotWhoStandsItNorWhatItIsFor) {
    ASSERT_EQ(api_->post(kTrials, trial("fixed")).status, 201);
    const std::vector<std::pair<json, std::string>> refused = {
        {{{"subject", {{"deployment", "other"}}}}, "the subject of a trial cannot be changed"},
        {{{"sostleTarget", "L1"}}, "the layer of a trial cannot be changed"},
        {{{"trialId", "TRB-CHAOS-002"}}, "trialId cannot be changed"},
    };
    for (const auto& [patch, message] : refused) {
        const Answer changed = api_->merge(path("fixed"), {{"spec", patch}});
        EXPECT_EQ(changed.status, 422) << patch;
        EXPECT_NE(changed.message().find(message), std::string::npos) << changed.message();
    }
    const json terms = {{"warmthFloor", 0.6}, {"duration", "1h"},           {"crew", "TAZ"},    {"suspend", true},
                        {"gates", {"trivy"}}, {"pendingGates", "Tolerate"}, {"historyLimit", 5}};
    const Answer changed = api_->merge(path("fixed"), {{"spec", terms}});
    ASSERT_EQ(changed.status, 200) << changed.message();
    EXPECT_EQ(changed.body.at("metadata").at("generation"), 2);
}

TEST_F(TrialSchema, KeepsTheStatusApartFromTheSpec) {
    ASSERT_EQ(api_->post(kTrials, trial("judged")).status, 201);
    // Every field that the schema names: whatever it did not name the server would drop without a word.
    const json ref = {{"apiVersion", "wgpolicyk8s.io/v1alpha2"},
                      {"kind", "PolicyReport"},
                      {"namespace", "pemos-system"},
                      {"name", "03f829a9"},
                      {"uid", "5ee1bbfc"},
                      {"resourceVersion", "498"}};
    const json status = {
        {"observedGeneration", 1},
        {"phase", "Runtime"},
        {"verdict", "WATCH"},
        {"final", false},
        {"promote", false},
        {"warmth", "0.65"},
        {"warmthFloor", "0.50"},
        {"startedAt", "2026-05-11T21:57:09Z"},
        {"endsAt", "2026-05-12T21:57:09Z"},
        {"mecipol", "TRB-CHAOS-001-20260511T215709Z"},
        {"gates",
         {{{"name", "kyverno"},
           {"state", "FAIL"},
           {"evidence", "VIOLATIONS"},
           {"message", "one policy is violated"},
           {"counts", {{"violation", 1}}},
           {"rawCounts", {{"violation", 5}}},
           {"observedAt", "2026-05-11T22:00:00Z"},
           {"refs", {ref}}}}},
        {"deductions",
         {{{"gate", "kyverno"}, {"rule", "owner"}, {"count", 1}, {"amount", "-0.25"}, {"message", "no owner"}}}},
        {"bonuses", {{{"gate", "falco"}, {"amount", "0.10"}}}},
        {"hardDenies", {{{"gate", "trivy"}, {"rule", "CVE-2024-3094"}, {"message", "critical"}}}},
        {"sorries", {{{"what", "w"}, {"why", "y"}, {"mend", "m"}, {"warmth", "0.25"}, {"record", 7}}}},
        {"route", {{"pool", "agents"}, {"approvedBy", "kay"}}},
        {"warmthHistory", {{{"at", "2026-05-11T22:00:00Z"}, {"warmth", "0.65"}, {"verdict", "WATCH"}}}},
        {"conditions",
         {{{"type", "Ready"},
           {"status", "True"},
           {"observedGeneration", 1},
           {"lastTransitionTime", "2026-05-11T21:57:09Z"},
           {"reason", "Judged"},
           {"message", ""}}}},
    };
    ASSERT_EQ(api_->merge(path("judged"), {{"status", status}}).status, 200);
    EXPECT_FALSE(api_->get(path("judged")).body.contains("status")) << "the spec's endpoint wrote the status";
    const Answer written = api_->merge(path("judged") + "/status", {{"status", status}, {"spec", {{"crew", "X"}}}});
    ASSERT_EQ(written.status, 200) << written.message();
    EXPECT_EQ(written.body.at("status"), status) << "a field was pruned";
    EXPECT_EQ(written.body.at("spec").at("crew"), "BOSUN");
    EXPECT_EQ(written.body.at("metadata").at("generation"), 1);
    const Answer wrong = api_->merge(path("judged") + "/status", {{"status", {{"verdict", "MAYBE"}}}});
    EXPECT_EQ(wrong.status, 422) << wrong.message();
    const auto row = cluster_->kubectl({"get", "tt", "judged", "-n", "chaos-trial", "--no-headers"});
    EXPECT_TRUE(row.output.starts_with("judged   mefine-static   L2    0.65   WATCH   Runtime   ")) << row.output;
}

}  // namespace
}  // namespace helix::crds_test
