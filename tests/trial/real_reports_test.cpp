#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "adapters/kube_objects/decoder.hpp"
#include "domain/trial/score.hpp"
#include "domain/trial/testimony.hpp"
#include "tests/trial/cases.hpp"

// What a live Kyverno and a live Gatekeeper wrote about the Deployment shop/web and its three pods, from the bytes to
// the verdict.
namespace helix::trial {
namespace {

using namespace helix::trial::testing;  // NOLINT(google-build-using-namespace): test vocabulary

constexpr Micros kSecond = 1'000'000;

template <class T>
std::vector<T> sample(kube_objects::Kind kind, const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    std::string page = text.str();
    kube_objects::Decoder decoder;
    std::vector<T> all;
    const auto read =
        decoder.decode_list(page, kind, [&](kube_objects::Object&& one) { all.push_back(std::get<T>(one)); });
    EXPECT_TRUE(read.ok());
    return all;
}

template <class T>
std::vector<const T*> pointers_to(const std::vector<T>& values) {
    std::vector<const T*> pointers;
    for (const T& value : values) pointers.push_back(&value);
    return pointers;
}

Subject web(Micros since) {
    Subject subject;
    subject.kind = "Deployment";
    subject.ns = "shop";
    subject.name = "web";
    subject.uid = "d669b700-00a5-4994-9249-653e2275076a";
    subject.revision_since = since;
    for (const char* uid : {"03f829a9-d849-418a-9b10-e7db3e041b1e", "b0d25745-44f8-46fd-8a5f-e18cc3832382",
                            "eaa3c8ef-8705-46bc-9f42-f0e4cc8f8b58"}) {
        SubjectPod pod;
        pod.uid = uid;
        pod.current = pod.alive = true;
        pod.first_seen = since;
        subject.pods.push_back(pod);
    }
    return subject;
}

constexpr Micros kScanned = 1'795'228'742 * kSecond;

TEST(RealReports, ThreeReplicasWithOneDefectCostItOnce) {
    const auto reports = sample<PolicyReport>(kube_objects::Kind::PolicyReport, "policyreports.json");
    const Window window{kScanned - 60 * kSecond, kScanned + 60 * kSecond};
    const Testimony testimony =
        kyverno_testimony(pointers_to(reports), {Standing::Served::Current, {}}, web(window.from), window, {});
    EXPECT_EQ(testimony.state, EvidenceState::Violations) << testimony.why;
    ASSERT_EQ(testimony.defects.size(), 2U);
    EXPECT_EQ(testimony.defects[0].rule, "validate-image-tag");
    EXPECT_EQ(testimony.defects[0].count, 4);  // the Deployment and its pods
    EXPECT_EQ(testimony.defects[1].rule, "check-owner");
    EXPECT_EQ(testimony.defects[1].count, 1);
    EXPECT_EQ(testimony.raw, 5);

    Case input = spotless(Layer::L2);
    of(input, Gate::Kyverno) = testimony;
    EXPECT_EQ(score(input).raw, 100 + 40 - 2 * 25);
}

TEST(RealReports, TwoIntervalsWithoutAScanAreStale) {
    const auto reports = sample<PolicyReport>(kube_objects::Kind::PolicyReport, "policyreports.json");
    const Window window{kScanned - 60 * kSecond, kScanned + 7201 * kSecond};
    const Testimony testimony =
        kyverno_testimony(pointers_to(reports), {Standing::Served::Current, {}}, web(window.from), window, {});
    EXPECT_EQ(testimony.state, EvidenceState::Stale);
    EXPECT_EQ(testimony.defects.size(), 2U);
}

TEST(RealReports, TheAuditsWordOnTheDeployment) {
    auto constraints = sample<Constraint>(kube_objects::Kind::Constraint, "constraints.json");
    ASSERT_FALSE(constraints.empty());
    const Micros audited = constraints.front().audited_at;
    const Window window{audited - 600 * kSecond, audited + 30 * kSecond};
    const Testimony testimony =
        gatekeeper_testimony(pointers_to(constraints), {Standing::Served::Current, {}}, web(window.from), window, {});
    const auto owner = std::find_if(testimony.defects.begin(), testimony.defects.end(),
                                    [](const Defect& one) { return one.rule == "deployments-must-have-owner"; });
    ASSERT_NE(owner, testimony.defects.end());
    EXPECT_EQ(owner->grade, Grade::GatekeeperViolation);
    EXPECT_EQ(owner->policy, "K8sRequiredLabels");
    EXPECT_EQ(owner->count, 1);
    EXPECT_EQ(owner->message, "you must provide labels: {\"owner\"}");
}

}  // namespace
}  // namespace helix::trial
