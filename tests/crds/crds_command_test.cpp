// `helix crds` on a real API server: from nothing to installed, changed by others, mended, refused.
#include <fstream>

#include <gtest/gtest.h>

#include "tests/crds/api.hpp"

namespace helix::crds_test {
namespace {

using nlohmann::json;
using test_support::ProcessResult;
using test_support::TestCluster;

constexpr const char* kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr const char* kTrials = "/apis/eose.ca/v1/namespaces/default/trendaltrials";
const std::string kName = "trendaltrials.eose.ca";

class CrdsCommand : public testing::Test {
protected:
    static void SetUpTestSuite() {
        if (TestCluster::available()) cluster_ = TestCluster::start();
    }
    static void TearDownTestSuite() { cluster_.reset(); }
    void SetUp() override {
        if (!cluster_) GTEST_SKIP() << "build the target testcluster first";
        ASSERT_EQ(cluster_->kubectl({"delete", "crd", kName, "--ignore-not-found", "--wait"}).exit_code, 0);
    }

    /// helix crds `words`, with what it says on stderr after what it prints.
    static ProcessResult crds(const std::string& words, const std::string& kubeconfig = cluster_->kubeconfig()) {
        return test_support::run_process(
            {"sh", "-c", std::string(HELIX_PROGRAM) + " crds " + words + " --kubeconfig " + kubeconfig + " 2>&1"});
    }

    static bool says(const ProcessResult& result, const std::string& what) {
        return result.output.find(what) != std::string::npos;
    }

    static std::unique_ptr<TestCluster> cluster_;
};

std::unique_ptr<TestCluster> CrdsCommand::cluster_;

TEST_F(CrdsCommand, InstallsWhatIsMissingAndFindsItTheSame) {
    const ProcessResult before = crds("diff");
    EXPECT_EQ(before.exit_code, 1);
    EXPECT_EQ(before.output, kName + "  not installed\n");
    const ProcessResult dry = crds("install --dry-run");
    EXPECT_EQ(dry.exit_code, 0);
    EXPECT_EQ(dry.output, kName + "  not installed\n");
    EXPECT_EQ(Api(*cluster_).get(std::string(kDefinitions) + "/" + kName).status, 404);

    const ProcessResult installed = crds("install");
    EXPECT_EQ(installed.exit_code, 0);
    EXPECT_EQ(installed.output, kName + "  installed\n");
    // It returned when the kind was served: no waiting here.
    Api api(*cluster_);
    const Answer made = api.post(kTrials, [] {
        json trial = yaml_file(HELIX_SEED_TRIAL);
        trial["metadata"]["namespace"] = "default";
        return trial;
    }());
    EXPECT_EQ(made.status, 201) << made.message();
    const Answer definition = api.get(std::string(kDefinitions) + "/" + kName);
    EXPECT_EQ(definition.body.at("metadata").at("managedFields").at(0).at("manager"), "helix-crds");

    const ProcessResult after = crds("diff");
    EXPECT_EQ(after.exit_code, 0) << after.output;
    EXPECT_EQ(after.output, kName + "  as it should be\n");
    const std::string version = definition.body.at("metadata").at("resourceVersion");
    EXPECT_EQ(crds("install").output, kName + "  as it should be\n");
    const Answer again = api.get(std::string(kDefinitions) + "/" + kName);
    EXPECT_EQ(again.body.at("metadata").at("resourceVersion"), version) << "installing the same changed something";
}

TEST_F(CrdsCommand, ShowsAndMendsWhatOthersChanged) {
    ASSERT_EQ(crds("install").exit_code, 0);
    Api api(*cluster_);
    const std::string path = std::string(kDefinitions) + "/" + kName;
    json changed = api.get(path).body;
    json& version = changed["spec"]["versions"][0];
    version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["warmthFloor"].erase("maximum");
    changed["spec"]["names"]["shortNames"] = {"trial"};
    ASSERT_EQ(api.put(path, changed).status, 200);

    const ProcessResult diff = crds("diff");
    EXPECT_EQ(diff.exit_code, 1);
    EXPECT_TRUE(says(diff, kName + "  differs\n")) << diff.output;
    EXPECT_TRUE(says(diff, "/spec/names/shortNames/0\n    cluster: \"trial\"\n    ours:    \"tt\"\n")) << diff.output;
    EXPECT_TRUE(says(diff, "warmthFloor/maximum\n    cluster: (nothing)\n    ours:    1\n")) << diff.output;
    const json listed = json::parse(crds("diff -o json").output, nullptr, false);
    ASSERT_TRUE(listed.is_object());
    EXPECT_EQ(listed.at("items").at(0).at("differences").size(), 2U) << listed;

    const ProcessResult mended = crds("install");
    EXPECT_EQ(mended.exit_code, 0);
    EXPECT_TRUE(says(mended, kName + "  updated\n")) << mended.output;
    EXPECT_EQ(crds("diff").exit_code, 0);
}

TEST_F(CrdsCommand, FindsNoDifferenceInWhatKubectlApplied) {
    ASSERT_EQ(cluster_->kubectl({"apply", "-f", HELIX_CRDS}).exit_code, 0);
    const ProcessResult diff = crds("diff");
    EXPECT_EQ(diff.exit_code, 0) << diff.output;
    EXPECT_EQ(crds("install").exit_code, 0);
    EXPECT_EQ(crds("diff").exit_code, 0);
}

TEST_F(CrdsCommand, SaysWhyAKindIsNotServed) {
    json other = yaml_file(HELIX_CRDS "/trendaltrials.eose.ca.yaml");
    other["metadata"]["name"] = "timetables.eose.ca";
    other["spec"]["names"] = {{"kind", "Timetable"}, {"plural", "timetables"}, {"shortNames", {"tt"}}};
    Api api(*cluster_);
    ASSERT_EQ(api.post(kDefinitions, other).status, 201);
    ASSERT_EQ(cluster_->kubectl({"wait", "--for=condition=Established", "crd/timetables.eose.ca"}).exit_code, 0);

    ProcessResult refused;
    EXPECT_TRUE(test_support::eventually(60, [&] {  // a busy server may need more than the 2 s to look at the names
        refused = crds("install --timeout 2");
        return says(refused, kName + " is written, but not served: \"tt\" is already in use");
    })) << refused.output;
    EXPECT_EQ(refused.exit_code, 7) << refused.output;
    ASSERT_EQ(cluster_->kubectl({"delete", "crd", "timetables.eose.ca", "--wait"}).exit_code, 0);
}

TEST_F(CrdsCommand, TellsWhatStandsInTheWay) {
    const ProcessResult forbidden = crds("diff --context dev-viewer");
    EXPECT_EQ(forbidden.exit_code, 9) << forbidden.output;
    EXPECT_EQ(crds("install --context nobody").exit_code, 4);
    EXPECT_EQ(crds("diff", "/nonexistent/kubeconfig").exit_code, 4);
    EXPECT_EQ(crds("diff --context dev-exec").exit_code, 9) << "a credential program ran without having been allowed";
    EXPECT_EQ(crds("diff --context dev-exec --allow-exec").exit_code, 1);
    EXPECT_EQ(crds("").exit_code, 2);

    json config = json::parse(std::ifstream(cluster_->kubeconfig()));
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1";
    const std::string file = (cluster_->dir() / "away.kubeconfig").string();
    std::ofstream(file) << config;
    EXPECT_EQ(crds("diff", file).exit_code, 7);
}

}  // namespace
}  // namespace helix::crds_test
