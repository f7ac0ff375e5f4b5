#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

namespace helix::kube_objects {
namespace {

using trial::Gate;
using trial::Trial;

std::string sample(const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<Trial> list(std::string page) {
    Decoder decoder;
    std::vector<Trial> all;
    const auto read =
        decoder.decode_list(page, Kind::TrendalTrial, [&](Object&& one) { all.push_back(std::get<Trial>(one)); });
    EXPECT_TRUE(read.ok()) << read.error().message;
    return all;
}

const std::string kSpec =
    R"("subject":{"deployment":"web","namespace":"shop"},"sostleTarget":"L2","gates":["trivy"],"duration":"24h",
       "trialId":"T-1","crew":"BOSUN","warmthFloor":0.5)";

Trial with_spec(const std::string& spec) {
    const auto all = list(R"({"items":[{"kind":"TrendalTrial","metadata":{"name":"t","namespace":"n","uid":"u",
                               "resourceVersion":"4"},"spec":{)" +
                          spec + "}}]}");
    return all.size() == 1 ? all[0] : Trial{};
}

TEST(Trials, AreReadInFull) {
    const auto all = list(sample("trendaltrials.json"));
    ASSERT_EQ(all.size(), 1U);
    const Trial& one = all[0];
    EXPECT_EQ(one.problem, "");
    EXPECT_EQ(one.ns, "chaos-trial");
    EXPECT_EQ(one.name, "mefine-static-l2-trial");
    EXPECT_EQ(one.resource_version, "812");
    EXPECT_EQ(one.generation, 3);
    EXPECT_FALSE(one.deleting);
    EXPECT_EQ(one.approved_by, "kay");
    EXPECT_EQ(one.megscifiar, "megscifiar");
    EXPECT_EQ(one.rerun, "2");
    EXPECT_EQ(one.spec.subject, (trial::SubjectRef{"Deployment", "pemos-system", "mefine-static"}));
    EXPECT_EQ(one.spec.layer, trial::Layer::L2);
    EXPECT_EQ(one.spec.gates, trial::GateSet::all());
    EXPECT_EQ(one.spec.floor, 50);
    EXPECT_EQ(one.spec.duration, 86'400'000'000);
    EXPECT_EQ(one.spec.crew, "BOSUN");
    EXPECT_EQ(one.spec.trial_id, "TRB-CHAOS-001");
    EXPECT_TRUE(one.spec.tolerate);
    EXPECT_EQ(one.spec.start_after, 1'778'493'600'000'000);
    EXPECT_NE(one.status_digest, 0U);
    ASSERT_EQ(one.history.size(), 2U);
    EXPECT_EQ(one.history[1], (trial::WarmthPoint{1'778'497'200'000'000, 65, trial::Verdict::Watch}));
}

TEST(Trials, ThatCannotBeReadSayWhyAndKeepTheirNames) {
    const struct {
        const char* spec;
        const char* problem;
    } cases[] = {
        {R"("subject":{"deployment":"a","daemonset":"b"})", "spec.subject.daemonset: names more than one workload"},
        {R"("subject":{"namespace":"b"})", "spec.subject: names no workload"},
        {R"("subject":7)", "spec.subject"},
        {R"("subject":{"deployment":7})", "spec.subject.deployment"},
        {R"("sostleTarget":"L8")", "spec.sostleTarget: is no layer"},
        {R"("gates":["falco","falco"])", "spec.gates[1]: is named twice"},
        {R"("gates":["tarot"])", "spec.gates[0]: is no gate"},
        {R"("gates":[])", "spec.gates: names no gate"},
        {R"("gates":"falco")", "spec.gates"},
        {R"("warmthFloor":1.5)", "spec.warmthFloor: is no warmth"},
        {R"("warmthFloor":0.125)", "spec.warmthFloor: is no warmth"},
        {R"("warmthFloor":"0.5")", "spec.warmthFloor: is no number"},
        {R"("duration":"a day")", "spec.duration: is no duration"},
        {R"("duration":86400)", "spec.duration"},
        {R"("pendingGates":"Later")", "spec.pendingGates: is neither Hold nor Tolerate"},
        {R"("suspend":"yes")", "spec.suspend"},
        {R"("historyLimit":-1)", "spec.historyLimit: is out of range"},
        {R"("startAfter":"tomorrow")", "spec.startAfter: is not an RFC 3339 time"},
    };
    for (const auto& [field, problem] : cases) {
        const Trial one = with_spec(kSpec + "," + field);
        EXPECT_EQ(one.problem.substr(0, std::string(problem).size()), problem) << field;
        EXPECT_EQ(one.name, "t") << field;
        EXPECT_EQ(one.uid, "u") << field;
        EXPECT_EQ(one.resource_version, "4") << field;
    }
    EXPECT_EQ(with_spec(R"("sostleTarget":"L2")").problem, "spec.subject: is missing");
    EXPECT_EQ(list(R"({"items":[{"metadata":{"name":"t"}}]})").at(0).problem, "spec: is missing");
    EXPECT_EQ(list(R"({"items":[{"metadata":{"name":"t"},"spec":null}]})").at(0).problem, "spec: is missing");
    EXPECT_EQ(list(R"({"items":[{"metadata":{"name":"t"},"spec":[]}]})").at(0).problem.substr(0, 5), "spec:");
    EXPECT_EQ(list(R"({"items":[{"metadata":{"name":"t","generation":"x"},"spec":{}}]})").at(0).problem.substr(0, 19),
              "metadata.generation");
}

TEST(Trials, TakeWhatIsLeftOut) {
    const Trial one = with_spec(R"("subject":{"statefulset":"db"},"sostleTarget":"L0","gates":["trivy"],
                                   "duration":"0s","trialId":"T","suspend":null)");
    EXPECT_EQ(one.problem, "");
    EXPECT_EQ(one.spec.subject, (trial::SubjectRef{"StatefulSet", "n", "db"})) << "its own namespace";
    EXPECT_EQ(one.spec.gates, trial::GateSet{Gate::Trivy});
    EXPECT_EQ(one.spec.duration, 0);
    EXPECT_EQ(one.spec.floor, 0);
    EXPECT_EQ(one.spec.history_limit, trial::TrialSpec::kHistoryLimit);
    EXPECT_EQ(one.status_digest, 0U) << "it has no status";
    EXPECT_TRUE(one.history.empty());
}

TEST(Trials, DamagedHistoryIsPassedOver) {
    const auto all = list(R"({"items":[{"metadata":{"name":"t"},"spec":{)" + kSpec + R"(},"status":{"warmthHistory":[
        {"at":"soon","warmth":"0.5","verdict":"ADMIT"},7,{"warmth":"0.5","verdict":"ADMIT"},
        {"at":"2026-05-11T10:00:00Z","warmth":"0.90","verdict":"ADMIT"}]}}]})");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].problem, "");
    ASSERT_EQ(all[0].history.size(), 1U);
    EXPECT_EQ(all[0].history[0].warmth, 90);
}

TEST(StatusDigest, SeesTheMeaningAlone) {
    Decoder decoder;
    const auto digest = [&](std::string_view json) { return *decoder.digest(json); };
    const auto all = list(sample("trendaltrials.json"));
    EXPECT_EQ(digest(R"({"warmth":"0.65","verdict":"WATCH","gates":[{"name":"conftest","state":"PASS",
        "message":"a < b & c"}],"final":false,"conditions":[],"warmthHistory":[
        {"at":"2026-05-11T10:00:00Z","warmth":"1.00","verdict":"PENDING"},
        {"at":"2026-05-11T11:00:00Z","warmth":"0.65","verdict":"WATCH"}],"endsAt":null})"),
              all.at(0).status_digest)
        << "order, white space, nulls and escapes are not what a status says";
    EXPECT_NE(digest(R"({"a":1,"b":2})"), digest(R"({"a":2,"b":1})"));
    EXPECT_NE(digest(R"({"a":["x","y"]})"), digest(R"({"a":["y","x"]})"));
    EXPECT_NE(digest(R"({"a":"1"})"), digest(R"({"a":1})"));
    EXPECT_NE(digest(R"({"a":{}})"), digest(R"({"a":[]})"));
    EXPECT_NE(digest(R"({"a":{"b":"c"}})"), digest(R"({"a":{"c":"b"}})"));
    EXPECT_NE(digest("{}"), 0U);
    EXPECT_FALSE(decoder.digest("{").ok());
}

TEST(Subjects, AreReadWithTheirContainers) {
    Decoder decoder;
    const auto subject = decoder.decode_subject(R"({"kind":"Deployment","metadata":{"name":"web","namespace":"shop",
        "uid":"u","generation":4,"labels":{"team":"a"}},"spec":{"template":{"metadata":{"labels":{"app":"web"}},"spec":{
        "initContainers":[{"name":"setup","image":"i:1"},{"name":"proxy","image":"p:1","restartPolicy":"Always",
            "resources":{"limits":{"memory":"1Gi","cpu":"1"}}}],
        "containers":[{"name":"web","image":"w@sha256:0","resources":{"limits":{"memory":"64Mi","cpu":"100m"}}},
                      {"name":"half","image":"h","resources":{"limits":{"memory":"64Mi"},"requests":{"cpu":"1"}}},
                      {"name":"none","image":"n","resources":{"limits":{"memory":0,"cpu":"0"}}}]}}}})");
    ASSERT_TRUE(subject.ok()) << subject.error().message;
    EXPECT_EQ(subject->kind, "Deployment");
    EXPECT_EQ(subject->uid, "u");
    EXPECT_EQ(subject->generation, 4);
    EXPECT_EQ(subject->labels, (cluster::Labels{{"team", "a"}}));
    EXPECT_EQ(subject->template_labels, (cluster::Labels{{"app", "web"}}));
    EXPECT_EQ(subject->containers, (std::vector<trial::TemplateContainer>{{"setup", "i:1", true, false},
                                                                          {"proxy", "p:1", false, true},
                                                                          {"web", "w@sha256:0", false, true},
                                                                          {"half", "h", false, false},
                                                                          {"none", "n", false, false}}));
    const auto whole = decoder.decode_subject(R"({"spec":{"template":{"spec":{"containers":[{"name":"a"}],
        "resources":{"limits":{"memory":"1Gi","cpu":"1"}}}}}})");
    ASSERT_TRUE(whole.ok());
    EXPECT_TRUE(whole->containers.at(0).limited) << "limits of the whole pod bind each container";
    EXPECT_FALSE(decoder.decode_subject(R"({"spec":{"template":{"spec":{"containers":7}}}})").ok());
    EXPECT_FALSE(decoder.decode_subject(R"({"spec":)").ok());
}

TEST(Subjects, PodsTellWhatRuns) {
    Decoder decoder;
    const auto pod = decoder.decode_subject_pod(R"({"metadata":{"name":"web-1","uid":"u"},"spec":{"nodeName":"n1"},
        "status":{"phase":"Running","containerStatuses":[{"name":"web","imageID":"r@sha256:1","containerID":"containerd://c1"}],
                  "initContainerStatuses":[{"name":"setup","imageID":"","containerID":null}]}})");
    ASSERT_TRUE(pod.ok()) << pod.error().message;
    EXPECT_EQ(pod->uid, "u");
    EXPECT_EQ(pod->node, "n1");
    EXPECT_TRUE(pod->alive);
    EXPECT_EQ(pod->containers,
              (std::vector<trial::PodContainer>{{"web", "r@sha256:1", "containerd://c1"}, {"setup", "", ""}}));
    EXPECT_FALSE(decoder.decode_subject_pod(R"({"status":{"phase":"Failed"}})")->alive);
    EXPECT_FALSE(decoder.decode_subject_pod(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})")->alive);
    const auto labels = decoder.decode_labels(R"({"metadata":{"name":"shop","labels":{"b":"1","a":"2"}}})");
    ASSERT_TRUE(labels.ok());
    EXPECT_EQ(*labels, (cluster::Labels{{"a", "2"}, {"b", "1"}}));
}

TEST(Subjects, ReplicaSetsTellTheirRevision) {
    Decoder decoder;
    const auto revision = [&](const std::string& text) {
        return decoder
            .decode_workload(
                cluster::WorkloadKind::ReplicaSet,
                R"({"metadata":{"name":"w","annotations":{"deployment.kubernetes.io/revision":")" + text + R"("}}})")
            ->revision;
    };
    EXPECT_EQ(revision("12"), 12);
    EXPECT_EQ(revision("x"), 0);
    EXPECT_EQ(revision("99999999999999999999"), 0);
}

}  // namespace
}  // namespace helix::kube_objects
