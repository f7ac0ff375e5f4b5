#include "service/wire/parse_json.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace helix::wire {
namespace {

Error refusal(const std::string& text, const JsonLimits& limits = {}) {
    auto value = parse_json(text, limits);
    if (value) return error(Code::Internal, "accepted: " + text);
    return value.error();
}

TEST(ParseJson, ReadsAValue) {
    const auto value = parse_json(R"( {"a": [1, -2, 0.5, "x", null, true], "b": {}} )");
    ASSERT_TRUE(value.ok());
    EXPECT_EQ(value->dump(), R"({"a":[1,-2,0.5,"x",null,true],"b":{}})");
    EXPECT_EQ(parse_json("7")->dump(), "7");
}

TEST(ParseJson, RefusesDuplicateNamesHoweverWritten) {
    const Error plain = refusal("{\"a\": 1,\n \"a\": 2}");
    EXPECT_EQ(plain.code, Code::InvalidArgument);
    EXPECT_NE(plain.message.find("duplicate name \"a\""), std::string::npos) << plain.message;
    EXPECT_EQ(plain.where, "line 2, column 4");
    EXPECT_NE(refusal(R"({"a":1,"\u0061":2})").message.find("duplicate"), std::string::npos);
    EXPECT_TRUE(parse_json(R"([{"a":1},{"a":1}])").ok());
}

TEST(ParseJson, BoundsTheDepth) {
    const auto nested = [](int n) {
        const auto count = static_cast<std::size_t>(n);
        return std::string(count, '[') + std::string(count, ']');
    };
    EXPECT_TRUE(parse_json(nested(64)).ok());
    const Error refused = refusal(nested(65));
    EXPECT_EQ(refused.message, "not valid JSON: nested deeper than 64");
    EXPECT_EQ(refused.where, "line 1, column 65");
    EXPECT_EQ(refusal(nested(1'000'000)).code, Code::InvalidArgument);
    EXPECT_EQ(refusal("[[]]", {.depth = 1}).code, Code::InvalidArgument);
}

TEST(ParseJson, BoundsTheSize) {
    EXPECT_TRUE(parse_json("[1]", {.bytes = 3}).ok());
    EXPECT_EQ(refusal("[1] ", {.bytes = 3}).code, Code::ResourceExhausted);
}

TEST(ParseJson, NamesThePlaceOfTheMistake) {
    const Error refused = refusal("{\n  \"a\": 1,\n  \"b\": tru\n}");
    EXPECT_EQ(refused.code, Code::InvalidArgument);
    EXPECT_EQ(refused.where.substr(0, 6), "line 3") << refused.where;
    EXPECT_EQ(refused.message.find("json.exception"), std::string::npos) << refused.message;
}

TEST(ParseJson, RefusesWhatIsNotOneJsonText) {
    using namespace std::string_literals;
    for (const std::string& bad : {""s,
                                   " "s,
                                   "{} {}"s,
                                   "{}x"s,
                                   "[1,]"s,
                                   "{\"a\":1,}"s,
                                   "{a:1}"s,
                                   "'a'"s,
                                   "01"s,
                                   "1."s,
                                   "+1"s,
                                   ".5"s,
                                   "NaN"s,
                                   "Infinity"s,
                                   "// x\n1"s,
                                   "\xEF\xBB\xBF{}"s,
                                   "\"\\ud800\""s,
                                   "\"\\udc00\\ud800\""s,
                                   "\"\xED\xA0\x80\""s,
                                   "\"\xFF\""s,
                                   "\"a\nb\""s,
                                   "\0"s,
                                   "{}\0"s,
                                   "1e999"s,
                                   "-1e999"s,
                                   "[\"a\0b\"]"s})
        EXPECT_EQ(refusal(bad).code, Code::InvalidArgument) << bad;
}

TEST(ParseJson, RefusesIntegersWhoseDigitsADoubleWouldChange) {
    EXPECT_TRUE(parse_json("9007199254740992")->is_number_integer());
    EXPECT_TRUE(parse_json("-9007199254740992")->is_number_integer());
    EXPECT_TRUE(parse_json("1000000000000000000")->is_number_float());
    for (const char* bad : {"9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551616",
                            "123456789012345678901234567890"}) {
        const Error refused = refusal(bad);
        EXPECT_EQ(refused.code, Code::InvalidArgument) << bad;
        EXPECT_NE(refused.message.find("write it as a string"), std::string::npos) << refused.message;
    }
    EXPECT_EQ(parse_json("9223372036854775807", {.inexact_integers = true})->dump(), "9223372036854775807");
}

}  // namespace
}  // namespace helix::wire
