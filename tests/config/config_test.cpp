#include "adapters/config/config.hpp"

#include <gtest/gtest.h>

namespace helix::config {
namespace {

std::string refusal(const std::string& text) {
    const auto config = parse(text, "helix.yaml");
    return config ? "accepted" : config.error().message;
}

TEST(Config, TheExampleIsReadAndNamesTheSeedsContexts) {
    const auto config = load(std::string(HELIX_SOURCE_DIR) + "/deploy/helix.example.yaml");
    ASSERT_TRUE(config.ok()) << config.error().message;
    ASSERT_EQ(config->targets.size(), 14U) << "nine contexts and five silos";
    EXPECT_EQ(config->targets.front().name, "aks-eose-aaas-dev");
    EXPECT_EQ(config->targets.back().name, "lounge") << "a silo is named by its host";
    EXPECT_TRUE(config->allow_exec);
    EXPECT_EQ(config->metrics_age_max_s, 90);
}

TEST(Config, AnEmptyFileIsAllDefaults) {
    const auto config = parse("# nothing\n", "helix.yaml");
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->listen, "127.0.0.1:8765");
    EXPECT_TRUE(config->targets.empty());
}

TEST(Config, SigningIsOffAutoOrAFolderHoweverYamlTakesTheWord) {
    const auto signing = [](const std::string& word) {
        const auto config = parse("signing: " + word, "helix.yaml");
        return config ? config->signing : config.error().message;
    };
    EXPECT_EQ(parse("{}", "f")->signing, "auto");
    for (const char* off : {"off", "Off", "\"off\"", "'off'", "false", "no"}) EXPECT_EQ(signing(off), "off") << off;
    EXPECT_EQ(signing("auto"), "auto");
    EXPECT_EQ(signing("/etc/helix/keys"), "/etc/helix/keys");
    for (const char* wrong : {"on", "true", "\"\""})
        EXPECT_EQ(signing(wrong), "helix.yaml: signing is none of auto, off and a folder of keys") << wrong;
    EXPECT_EQ(signing("[off]"), "helix.yaml: signing is not text");
    EXPECT_EQ(signing("1"), "helix.yaml: signing is not text");
}

TEST(Config, ADestinationOfEventsHasANameAUrlAndTypes) {
    const auto config = parse("outbox: [{name: hvcp, url: https://x/e, types: [helix.cycle], from: beginning}]", "f");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->outbox.at(0).types, std::vector<std::string>{"helix.cycle"});
    EXPECT_EQ(config->outbox.at(0).attempts_max, 100);
    EXPECT_EQ(refusal("outbox: [{url: https://x, types: [a]}]"),
              "helix.yaml: outbox[0].name is not 1 to 63 of a-z 0-9 -");
    EXPECT_EQ(refusal("outbox: [{name: a, types: [a]}]"), "helix.yaml: outbox[0].url is missing");
    EXPECT_EQ(refusal("outbox: [{name: a, url: b, types: [a], from: end}]"),
              "helix.yaml: outbox[0].from is neither head nor beginning");
    EXPECT_EQ(refusal("outbox: [{name: a, url: b, types: [a]}, {name: a, url: b, types: [a]}]"),
              "helix.yaml: outbox[1].name is given twice");
    EXPECT_NE(refusal("outbox: [{name: a, url: b}]").find("outbox[0].types is missing"), std::string::npos);
}

TEST(Config, EnginesAreNamedOnceAndTheBuiltinOneAlwaysJudges) {
    const auto engines = [](const std::string& text) { return parse(text, "f")->engines; };
    EXPECT_EQ(engines("tick_s: 60"), std::vector<std::string>{"builtin"});
    EXPECT_EQ(engines("engines: [smt, smt]"), (std::vector<std::string>{"builtin", "smt"}));
    EXPECT_EQ(engines("engines: [all]"), (std::vector<std::string>{"builtin", "smt"}));
    EXPECT_EQ(engines("{engines: [all], lean_gate: /x}"), (std::vector<std::string>{"builtin", "smt", "lean"}));
    EXPECT_NE(refusal("engines: [lean]").find("lean_gate is missing"), std::string::npos);
    EXPECT_NE(refusal("engines: [z3]").find("holds \"z3\""), std::string::npos);
}

TEST(Config, RefusalsNameTheField) {
    EXPECT_EQ(refusal("relieve: false"), "helix.yaml: relieve is not a field that is known here");
    EXPECT_EQ(refusal("tick_s: 0"), "helix.yaml: tick_s is not a whole number in 1..3600");
    EXPECT_EQ(refusal("relief: maybe"), "helix.yaml: relief is not true or false");
    EXPECT_EQ(refusal("targets: [{name: a}]"),
              "helix.yaml: targets[0] names exactly one of context, in_cluster, silo, simulated");
    EXPECT_EQ(refusal("targets: [{silo: {host: a, prot: 22}}]"),
              "helix.yaml: targets[0].silo.prot is not a field that is known here");
    EXPECT_NE(refusal("targets: [{name: a, silo: {user: b}}]").find("targets[0].silo.host is missing"),
              std::string::npos);
    EXPECT_NE(refusal("targets: [{silo: {host: -oProxyCommand=x}}]").find("targets[0].silo.host"), std::string::npos);
    EXPECT_EQ(refusal("targets: [{context: a}, {context: a}]"), "helix.yaml: targets[1].name is given twice");
    EXPECT_EQ(refusal("targets: {}"), "helix.yaml: targets is not a list");
    EXPECT_NE(refusal("listen: [\n").find("helix.yaml"), std::string::npos);
    EXPECT_EQ(load("/nowhere/helix.yaml").error().code, Code::NotFound);
}

}  // namespace
}  // namespace helix::config
