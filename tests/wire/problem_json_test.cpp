#include "service/wire/problem_json.hpp"

#include <fstream>
#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace helix::wire {
namespace {

using nlohmann::json;

TEST(ProblemJson, SaysWhatWhereAndHowToMend) {
    const json problem = problem_json(error(Code::NotFound, "no cart", "look again", "Deployment shop/cart"));
    EXPECT_EQ(problem,
              json::parse(R"({"type":"https://helix.eose.ca/problems/not-found","status":404,"detail":"no cart",
                "title":"There is no such thing","mend":"look again","where":"Deployment shop/cart"})"));
}

TEST(ProblemJson, LeavesOutWhatIsNotKnown) {
    const json problem = problem_json(error(Code::Internal, "oops"));
    EXPECT_FALSE(problem.contains("mend"));
    EXPECT_FALSE(problem.contains("where"));
    EXPECT_FALSE(problem.contains("retry_after_s"));
}

TEST(ProblemJson, SaysWhenToRetry) {
    Error failure = error(Code::Unavailable, "away");
    failure.retry_after_s = 7;
    EXPECT_EQ(problem_json(failure).at("retry_after_s"), 7);
    EXPECT_EQ(problem_json(failure).at("status"), 503);
}

TEST(ProblemJson, FindsTheFinerTypeOfBadInput) {
    const auto type = [](const Error& failure) {
        return problem_json(failure).at("type").get<std::string>().substr(31);
    };
    EXPECT_EQ(type(error(Code::InvalidArgument, "unknown field \"x\"", {}, "/x")), "unknown-field");
    EXPECT_EQ(type(error(Code::InvalidArgument, "evict needs a reason", {}, "reason")), "reason-needed");
    EXPECT_EQ(type(error(Code::InvalidArgument, "too long", {}, "/actions/0/reason")), "reason-needed");
    EXPECT_EQ(type(error(Code::InvalidArgument, "no", {}, "/replicas")), "invalid-argument");
    EXPECT_EQ(type(error(Code::Blocked, "BREAK")), "gate-break");
}

TEST(ProblemJson, TakesTheNamedType) {
    EXPECT_EQ(problem_json(error(Code::InvalidArgument, "not JSON"), "malformed").at("status"), 400);
    EXPECT_EQ(problem_json(error(Code::NotFound, "gone"), "no-such-type").at("status"), 404);
}

TEST(ProblemJson, EveryCodeHasAType) {
    for (int code = 0; code <= static_cast<int>(Code::Internal); ++code) {
        const json problem = problem_json(error(static_cast<Code>(code), "x"));
        const bool internal = problem.at("type") == "https://helix.eose.ca/problems/internal";
        EXPECT_EQ(internal, static_cast<Code>(code) == Code::Internal) << code;
    }
}

// The table in openapi/helix.yaml and the one in the code are one.
TEST(ProblemJson, AgreesWithTheDescription) {
    std::ifstream file(HELIX_SOURCE_DIR "/openapi/helix.yaml");
    ASSERT_TRUE(file);
    const std::regex row(R"(^    \| `([a-z-]+)` \| ([0-9]{3}) \|.*)");
    std::smatch match;
    int rows = 0;
    for (std::string line; std::getline(file, line);) {
        if (!std::regex_match(line, match, row)) continue;
        ++rows;
        const json problem = problem_json(error(Code::Internal, "x"), match[1].str());
        EXPECT_EQ(problem.at("type"), "https://helix.eose.ca/problems/" + match[1].str());
        EXPECT_EQ(problem.at("status"), std::stoi(match[2].str())) << match[1].str();
    }
    EXPECT_EQ(rows, 31);
}

}  // namespace
}  // namespace helix::wire
