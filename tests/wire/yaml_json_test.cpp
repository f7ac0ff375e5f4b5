#include "service/wire/yaml_json.hpp"

#include <ctime>

#include <gtest/gtest.h>

namespace helix::wire {
namespace {

using nlohmann::json;

json read(const std::string& text) {
    const auto value = yaml_to_json(text);
    return value ? *value : json("refused: " + value.error().message + " at " + value.error().where);
}

Code refusal(const std::string& text) {
    const auto value = yaml_to_json(text);
    return value ? Code::Internal : value.error().code;
}

TEST(YamlToJson, ReadsAManifest) {
    EXPECT_EQ(read("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata:\n  dark: \"on\"\n  text: |\n    "
                   "a\n    b\n"),
              json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flags"},
                              "data":{"dark":"on","text":"a\nb\n"}})"));
}

// The expectations come from go.yaml.in/yaml/v2, which Kubernetes reads manifests with.
TEST(YamlToJson, ReadsPlainScalarsAsKubernetesDoes) {
    EXPECT_EQ(read("[yes, No, on, OFF, y, n, true, FALSE]"),
              json({true, false, true, false, true, false, true, false}));
    EXPECT_EQ(read("[yEs, oN, tRue, 'yes', \"off\"]"), json({"yEs", "oN", "tRue", "yes", "off"}));
    EXPECT_EQ(read("[~, null, Null, '']"), json({nullptr, nullptr, nullptr, ""}));
    EXPECT_EQ(read("[0, -5, +7, 0777, 0o17, 0x1F, 0b101, -0b11, 1_000]"), json({0, -5, 7, 511, 15, 31, 5, -3, 1000}));
    EXPECT_EQ(read("[08, 1.0, 3., .5, 1e3, -2.5E-1, 1e999]"), json({8, 1, 3, 0.5, 1000, -0.25, "1e999"}));
    EXPECT_EQ(read("[9223372036854775807, 18446744073709551615, 18446744073709551616]"),
              json({9223372036854775807LL, 18446744073709551615ULL, 18446744073709551616.0}));
    EXPECT_EQ(read("[2026-11-21, 12:30, 1.2.3, 100m, 128Mi, -, +, '+', .]").at(0), "2026-11-21");
    EXPECT_EQ(read("[12:30, 1.2.3, 100m, 128Mi, \"-\", +, .]"),
              json({"12:30", "1.2.3", "100m", "128Mi", "-", "+", "."}));
    EXPECT_EQ(read("!!str 5"), "5");
}

TEST(YamlToJson, MakesKeysStrings) {
    EXPECT_EQ(read("{on: 1, 8080: 2, 1.5: 3, '~': 4}"), json::parse(R"({"true":1,"8080":2,"1.5":3,"~":4})"));
}

TEST(YamlToJson, RefusesWhatWouldBeReadDifferentlyElsewhere) {
    for (const char* text : {"a: &x 1\nb: *x\n", "&a [*a]", "a: 1\na: 2\n", "on: 1\ntrue: 2\n", "<<: {a: 1}\n",
                             "~: 1\n", "? [a]\n: 1\n", "a: .nan\n", "a: -.inf\n", "!!binary aGk=", "!custom x",
                             "a: 1\n---\nb: 2\n", "a: [1\n", "a: b: c\n", "\t a: 1\n", "a: \"\xff\"\n"})
        EXPECT_EQ(refusal(text), Code::InvalidArgument) << text;
    EXPECT_EQ(refusal(std::string("a: b\0c", 6)), Code::InvalidArgument);
}

TEST(YamlToJson, ReadsAStreamOfDocuments) {
    const auto documents = yaml_documents("---\na: 1\n---\n# nothing\n---\nb: 2\n");
    ASSERT_TRUE(documents);
    EXPECT_EQ(*documents, (std::vector<json>{{{"a", 1}}, {{"b", 2}}}));
    EXPECT_EQ(read(""), nullptr);
    EXPECT_EQ(read("# only a comment\n"), nullptr);
}

TEST(YamlToJson, NamesThePlace) {
    const auto value = yaml_to_json("a: 1\nb: *a\n");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().where, "line 2, column 4");
}

TEST(YamlToJson, KeepsItsBounds) {
    std::string list = "[";
    for (int i = 0; i < 9'998; ++i) list += "1,";
    EXPECT_TRUE(yaml_to_json(list + "1]"));
    EXPECT_EQ(refusal(list + "1,1]"), Code::InvalidArgument);
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(yaml_to_json(nested(64)));
    EXPECT_EQ(refusal(nested(65)), Code::InvalidArgument);
    EXPECT_TRUE(yaml_to_json(std::string(YamlLimits{}.bytes, 'a')));
    EXPECT_EQ(refusal(std::string(YamlLimits{}.bytes + 1, 'a')), Code::ResourceExhausted);
}

// Each would once have taken a reader's stack, memory or time; the test's own time-out is what it would hit.
TEST(YamlToJson, SurvivesBombs) {
    EXPECT_EQ(refusal(std::string(300'000, '[')), Code::InvalidArgument);
    EXPECT_EQ(refusal(std::string(300'000, '{')), Code::InvalidArgument);
    std::string blocks;
    for (int i = 0; i < 300'000; ++i) blocks += "- ";
    EXPECT_EQ(refusal(blocks), Code::InvalidArgument);
    std::string laughs = "a: &a [x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
        laughs += std::string(1, c) + ": &" + c + " [" + before + "," + before + "," + before + "," + before + "]\n";
    }
    EXPECT_EQ(refusal(laughs), Code::InvalidArgument);
}

/// The longest text made of `piece` after `head` that is within the bound.
std::string filled(const std::string& piece, const std::string& head = {}) {
    std::string text = head;
    while (text.size() + piece.size() <= YamlLimits{}.bytes) text += piece;
    return text;
}

// Shapes that cost a reader the most per byte: looking ahead, queues of tokens, one character at a time.
TEST(YamlToJson, ReadsOrRefusesTheLongestTextsWithin100MillisecondsOfAProcessor) {
    std::string steps;
    for (std::size_t depth = 0; steps.size() + depth + 3 <= YamlLimits{}.bytes; ++depth)
        steps += std::string(depth, ' ') + "a:\n";
    for (const std::string& text : {filled("a"),
                                    filled("a b "),
                                    filled("a\n"),
                                    filled("\n", "a"),
                                    filled("\n"),
                                    filled("\r"),
                                    filled(" "),
                                    filled("#aaaaaaaa\n"),
                                    filled("a", "#"),
                                    filled("a", "\""),
                                    filled("\\n", "\""),
                                    filled("a\n", "\""),
                                    filled("''", "'"),
                                    filled(" a\n", "|\n"),
                                    filled(" a\n\n", ">\n"),
                                    filled("["),
                                    filled("{"),
                                    filled("- "),
                                    filled("? "),
                                    filled(": "),
                                    filled(":"),
                                    filled("-\n"),
                                    filled("- a\n"),
                                    filled("a: b\n"),
                                    filled("---\n"),
                                    filled("...\n"),
                                    filled("a,", "["),
                                    filled(",", "["),
                                    filled("a: b, ", "{"),
                                    filled("&a "),
                                    filled("a", "&"),
                                    filled("a", "*"),
                                    filled("a", "!"),
                                    filled("a", "!<"),
                                    filled("a", "%"),
                                    filled("%X\n"),
                                    filled("\"\" "),
                                    filled("\xc2\x85"),
                                    filled("\xe2\x82\xac"),
                                    filled("a: &x [*x]\n"),
                                    filled("[\n"),
                                    filled("{a:\n"),
                                    steps}) {
        double took_ms = 100.0;  // the least of three: a neighbour on the same core makes the same work dearer
        for (int i = 0; i < 3 && took_ms >= 100.0; ++i) {
            const std::clock_t before = std::clock();
            const auto value = yaml_documents(text);
            took_ms = static_cast<double>(std::clock() - before) * 1000.0 / CLOCKS_PER_SEC;
            EXPECT_TRUE(value.ok() || value.error().code == Code::InvalidArgument) << text.substr(0, 20);
        }
        EXPECT_LT(took_ms, 100.0) << text.substr(0, 20);
    }
}

}  // namespace
}  // namespace helix::wire
