#include "service/wire/canonical_text.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck/gtest.h>

#include "service/wire/canonical_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

TEST(PlainlyCanonical, KnowsWhatProgramsWrite) {
    for (const char* text : {"{}", R"({"a":1})", R"({"a":-7,"b":[],"c":{"d":null,"e":true,"f":false},"g":"two words"})",
                             R"({"":0,"a":[1,[2,{"b":999999999999999}]],"aa":""})"})
        EXPECT_TRUE(is_plainly_canonical(text)) << text;
}

TEST(PlainlyCanonical, LeavesTheRestToTheFullWay) {
    for (const char* text : {"",
                             "[]",
                             "1",
                             "null",
                             "{",
                             "{}}",
                             "{} ",
                             " {}",
                             "{}{}",
                             R"({"a": 1})",
                             R"({"a":1,})",
                             R"({,"a":1})",
                             R"({"b":1,"a":2})",
                             R"({"a":1,"a":2})",
                             R"({"a":01})",
                             R"({"a":-0})",
                             R"({"a":1.5})",
                             R"({"a":1e3})",
                             R"({"a":-})",
                             R"({"a":})",
                             R"({"a"})",
                             R"({a:1})",
                             R"({"a":[1,]})",
                             R"({"a":[1 ]})",
                             R"({"a":tru})",
                             R"({"a":1000000000000000})",
                             R"({"a":"\n"})",
                             "{\"a\":\"\n\"}",
                             "{\"a\":\"zo\xC3\xAB\"}",
                             R"({"a":"x)",
                             R"({"a":+1})",
                             R"({"a":NaN})"})
        EXPECT_FALSE(is_plainly_canonical(text)) << text;
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += R"({"a":)";
    EXPECT_FALSE(is_plainly_canonical(deep));
}

/// Values of which many, not all, have a plain text.
json any_value(int depth) {
    switch (*rc::gen::inRange(0, depth > 0 ? 8 : 5)) {
        case 0:
            return *rc::gen::arbitrary<bool>();
        case 1:
            return *rc::gen::inRange<std::int64_t>(-2'000'000'000'000'000, 2'000'000'000'000'000);
        case 2:
            return *rc::gen::inRange(-3, 3) * 0.5;
        case 3:
            return *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
        case 4:
            return nullptr;
        case 5: {
            json items = json::array();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i) items.push_back(any_value(depth - 1));
            return items;
        }
        default: {
            json object = json::object();
            for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
                object[*rc::gen::container<std::string>(rc::gen::elementOf(std::string("abAB _-")))] =
                    any_value(depth - 1);
            return object;
        }
    }
}

// What the short way takes, the full way leaves as it is: also of texts that somebody damaged.
RC_GTEST_PROP(PlainlyCanonicalLaw, TrueIsCertain, ()) {
    json object = json::object();
    for (const char* name : {"a", "b", "c"}) object[name] = any_value(3);
    std::string text = *canonical_json(object);
    for (int edits = *rc::gen::inRange(0, 4); edits > 0; --edits) {
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        const char other = *rc::gen::elementOf(std::string("{}[]\",:0123456789-+.eE \\ntfb\x01\x7F"));
        switch (*rc::gen::inRange(0, 3)) {
            case 0:
                text[at] = other;
                break;
            case 1:
                text.insert(at, 1, other);
                break;
            default:
                if (text.size() > 1) text.erase(at, 1);
        }
    }
    const bool plain = is_plainly_canonical(text);
    RC_CLASSIFY(plain, "plain");
    if (!plain) return;
    const auto parsed = parse_json(text);
    RC_ASSERT(parsed.ok());
    RC_ASSERT(parsed->is_object());
    RC_ASSERT(*canonical_json(*parsed) == text);
}

}  // namespace
}  // namespace helix::wire
