// TRB-CHAOS-001, the first verdict of the seed, replayed: what was scored on 2026-05-11 at 21:57:09 gives its record
// again.
#include <iostream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "domain/trial/law.hpp"
#include "service/usecases/court/case_json.hpp"
#include "service/wire/timestamps.hpp"
#include "tests/trial/cases.hpp"

namespace helix::court {
namespace {

using nlohmann::json;
using trial::Gate;

TEST(FirstVerdict, TheRecordIsTheSeedsFieldByField) {
    trial::Trial trial;
    trial.name = "mefine-static-l2-trial";
    trial.ns = "chaos-trial";
    trial.spec.trial_id = "TRB-CHAOS-001";
    trial.spec.subject = {"Deployment", "pemos-system", "mefine-static"};
    trial.spec.layer = trial::Layer::L2;
    trial.spec.crew = "BOSUN";
    trial::Case input = trial::testing::spotless(trial::Layer::L2);
    input.floor = 50;
    input.tolerate = true;
    for (trial::Testimony& one : input.testimonies)
        if (one.gate == Gate::Trivy) one = trial::testing::silent(Gate::Trivy, trial::EvidenceState::Pending);
    CaseFile file;
    file.trial = std::make_shared<const trial::Trial>(trial);
    file.testimonies = input.testimonies;
    file.score = trial::score(input);

    const json record = mecipol_json(file, *wire::from_rfc3339("2026-05-11T21:57:09Z"));
    std::cout << record.dump(2) << '\n';
    EXPECT_EQ(record.at("trial"), "mefine-static-l2-trial");
    EXPECT_EQ(record.at("trialId"), "TRB-CHAOS-001");
    EXPECT_EQ(record.at("subject").at("text"), "deployment/mefine-static (pemos-system)");
    EXPECT_EQ(record.at("sostle"), (json{{"layer", "L2"}, {"note", "local-only, SSO gate"}}));
    EXPECT_EQ(record.at("crew"), "BOSUN");
    EXPECT_EQ(record.at("gamma1"), "14.134725141734693");
    EXPECT_EQ(record.at("scoredAt"), "2026-05-11T21:57:09Z");
    EXPECT_EQ(record.at("day"), 97);
    json gates = json::array();  // alerts and violations by grade, where the seed has their sum
    for (const json& gate : record.at("gates")) gates.push_back({gate.at("name"), gate.at("state"), gate.at("counts")});
    EXPECT_EQ(gates, (json{{"conftest", "PASS", {{"denies", 0}, {"warns", 0}}},
                           {"kyverno", "PASS", {{"violations", 0}}},
                           {"gatekeeper", "PASS", {{"violations", 0}, {"warns", 0}}},
                           {"falco", "PASS", {{"critical", 0}, {"high", 0}, {"medium", 0}, {"low", 0}}},
                           {"trivy", "PENDING", {{"critical", 0}, {"high", 0}}}}));
    const json& warmth = record.at("warmth");
    EXPECT_EQ(warmth.at("value"), 1.0);
    EXPECT_EQ(warmth.at("base"), 1.0);
    EXPECT_EQ(warmth.at("capped"), true);
    EXPECT_TRUE(warmth.at("deductions").empty());
    EXPECT_EQ(warmth.at("bonuses").size(), 4U);
    for (const json& bonus : warmth.at("bonuses")) EXPECT_EQ(bonus.at("amount"), 0.1);
    EXPECT_EQ(record.at("verdict"), "ADMIT");
    EXPECT_EQ(record.at("promote"), true);
    EXPECT_EQ(record.at("sorries"), json::array());
    EXPECT_EQ(record.at("mecipol"), "TRB-CHAOS-001-20260511T215709Z");
}

}  // namespace
}  // namespace helix::court
