// What an attestation of a cycle says of its actions.
#include "service/usecases/attestation.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace helix::usecases {
namespace {

using nlohmann::json;

json step(const char* outcome, std::optional<bool> passed, const char* name) {
    json one = {
        {"outcome", outcome},
        {"action", {{"verb", "scale"}, {"object", {{"kind", "Deployment"}, {"namespace", "shop"}, {"name", name}}}}}};
    if (passed) one["verdict"] = {{"passed", *passed}, {"model_hash", std::string(64, 'a')}};
    return one;
}

Result<json> test_result(const json& actions) {
    ledger::Record record;
    record.kind = "helix.cycle";
    record.target = "demo";
    record.body = json{{"actions", actions}}.dump();
    auto statement = statement_of(record, "example.com/helix", Predicate::TestResult);
    if (!statement) return statement;
    return statement->at("predicate");
}

TEST(Attestation, PassedWhenEveryActionPassed) {
    const auto result = test_result({step("applied", true, "a"), step("applied", true, "b")});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->at("result"), "PASSED");
    EXPECT_EQ(result->at("passedTests"), (json{"0 scale Deployment/shop/a", "1 scale Deployment/shop/b"}));
}

// A plan that was stopped: the cluster refused the second write, and the third was never judged.
TEST(Attestation, AnActionThatNeverRanDidNotPass) {
    const json stopped = {step("applied", true, "a"), step("not-applied", true, "b"), step("not-run", {}, "c")};
    const auto result = test_result(stopped);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->at("result"), "FAILED");
    EXPECT_EQ(result->at("passedTests"), (json{"0 scale Deployment/shop/a", "1 scale Deployment/shop/b"}));
    EXPECT_EQ(result->at("failedTests"), json{"2 scale Deployment/shop/c"});
}

TEST(Attestation, APlaceIsThatInThePlan) {
    const auto result = test_result({step("not-run", {}, "a"), step("not-run", false, "b")});
    EXPECT_EQ(result->at("failedTests"), (json{"0 scale Deployment/shop/a", "1 scale Deployment/shop/b"}));
}

TEST(Attestation, WithoutAnyVerdictThereIsNoResult) {
    EXPECT_EQ(test_result(json::array()).error().code, Code::InvalidArgument);
    EXPECT_EQ(test_result({step("not-run", {}, "a")}).error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace helix::usecases
