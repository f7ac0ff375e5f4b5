#include "service/wire/canonical_json.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/wire/parse_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

std::string canonical(const std::string& text) {
    auto value = parse_json(text);
    if (!value) return "refused: " + value.error().message;
    auto out = canonical_json(*value);
    return out ? *out : "refused: " + out.error().message;
}

// RFC 8785, section 3.2.2.
TEST(CanonicalJson, WritesTheRfcExample) {
    EXPECT_EQ(canonical(R"({
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
      })"),
              "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
              "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, section 3.2.3: the emoji is a surrogate pair and sorts before U+FB33, though its code point is greater.
TEST(CanonicalJson, SortsNamesByUtf16CodeUnits) {
    EXPECT_EQ(canonical(R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
                            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
                            "\u00f6":"Latin Small Letter O With Diaeresis"})"),
              "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
              "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
              "\"\U0001F600\":\"Emoji: Grinning Face\",\"\uFB33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, SortsAPrefixFirst) {
    EXPECT_EQ(canonical(R"({"ab":1,"":2,"a":3})"), R"({"":2,"a":3,"ab":1})");
}

struct NumberSample {
    std::uint64_t bits;
    const char* text;
};

// RFC 8785, appendix B.
constexpr NumberSample kRfcNumbers[] = {
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x4340000000000000, "9007199254740992"},
    {0xc340000000000000, "-9007199254740992"},
    {0x4430000000000000, "295147905179352830000"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x41b3de4355555553, "333333333.3333332"},
    {0x41b3de4355555554, "333333333.33333325"},
    {0x41b3de4355555555, "333333333.3333333"},
    {0x41b3de4355555556, "333333333.3333334"},
    {0x41b3de4355555557, "333333333.33333343"},
    {0xbecbf647612f3696, "-0.0000033333333333333333"},
    {0x43143ff3c1cb0959, "1424953923781206.2"},
};

TEST(CanonicalJson, WritesNumbersAsEcmascript) {
    for (const auto& sample : kRfcNumbers) {
        double value = 0;
        std::memcpy(&value, &sample.bits, sizeof value);
        EXPECT_EQ(es6_number(value), sample.text);
    }
    EXPECT_EQ(es6_number(14.134725141734693), "14.134725141734693");
    EXPECT_EQ(es6_number(100), "100");
    EXPECT_EQ(es6_number(-0.5), "-0.5");
}

TEST(CanonicalJson, TakesIntegersUpTo2To53AndRefusesBeyond) {
    EXPECT_EQ(*canonical_json(json(9007199254740992)), "9007199254740992");
    EXPECT_EQ(*canonical_json(json(-9007199254740992)), "-9007199254740992");
    for (const json& beyond : {json(9007199254740993), json(-9007199254740993), json(UINT64_MAX), json(INT64_MIN)}) {
        const auto refused = canonical_json(beyond);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, Code::InvalidArgument);
        EXPECT_EQ(refused.error().mend, "write it as a string");
    }
}

TEST(CanonicalJson, RefusesWhatJsonCannotSay) {
    EXPECT_FALSE(canonical_json(json(std::nan(""))).ok());
    EXPECT_FALSE(canonical_json(json(std::numeric_limits<double>::infinity())).ok());
    EXPECT_FALSE(canonical_json(json::binary({1, 2})).ok());
    json deep = json::array();
    for (int i = 0; i < 1000; ++i) deep = json::array({deep});
    EXPECT_FALSE(canonical_json(deep).ok());
}

TEST(CanonicalJson, RefusesInvalidUtf8) {
    for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                            "\xE2\x82", "\xF0\x9F\x98", "a\xFFz", "\xC3("}) {
        EXPECT_FALSE(canonical_json(json(bad)).ok()) << bad;
        EXPECT_FALSE(canonical_json(json{{bad, 1}}).ok()) << bad;
    }
    for (const char* good : {"\xC2\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF"})
        EXPECT_TRUE(canonical_json(json(good)).ok()) << good;
}

}  // namespace
}  // namespace helix::wire
