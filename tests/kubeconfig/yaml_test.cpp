#include <gtest/gtest.h>

#include "adapters/kubeconfig/safe_yaml.hpp"
#include "adapters/kubeconfig/small_file.hpp"

namespace helix::kubeconfig {
namespace {

std::string refusal(const std::string& text) {
    const auto node = parse_yaml(text, "f.yaml");
    return node.ok() ? "" : node.error().message;
}

TEST(ParseYaml, RefusesWhatGrows) {
    EXPECT_EQ(refusal("a: 1\nb: &x [1]\nc: *x\n"), "f.yaml:2: anchors are refused");
    EXPECT_NE(refusal("a: *x\n"), "");
    EXPECT_NE(refusal("a: &a [*a]\n"), "");
    EXPECT_EQ(refusal("a: 1\na: 2\n"), "f.yaml:2: a field appears twice");
    EXPECT_EQ(refusal("? [1]\n: 2\n"), "f.yaml:1: a field name must be text");
}

TEST(ParseYaml, HoldsItsBounds) {
    EXPECT_EQ(refusal("x: " + std::string(63, '[') + std::string(63, ']')), "");
    EXPECT_NE(refusal("x: " + std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_NE(refusal(std::string(10'000, '[')), "");
    std::string wide = "x:\n";
    for (std::size_t n = 0; n < kYamlNodesMax - 3; ++n) wide += "- 1\n";
    EXPECT_EQ(refusal(wide), "");
    EXPECT_NE(refusal(wide + "- 1\n- 1\n"), "");
    EXPECT_NE(refusal(std::string(kYamlBytesMax + 1, ' ')), "");
}

TEST(ParseYaml, NamesTheLineOfWhatIsNoYaml) {
    EXPECT_EQ(refusal("a: 1\nb: [1\nc: }\n").rfind("f.yaml:", 0), 0U);
    EXPECT_NE(refusal("\t- x: [\n"), "");
}

TEST(DecodeBase64, TakesWhatIsStandardOnly) {
    EXPECT_EQ(*decode_base64(""), "");
    EXPECT_EQ(*decode_base64("YQ=="), "a");
    EXPECT_EQ(*decode_base64("YW\nJj"), "abc");
    for (const char* text : {"Y", "YQ=", "YQ==YQ==", "Y===", "Y*Jj", "===="})
        EXPECT_FALSE(decode_base64(text).ok()) << text;
}

}  // namespace
}  // namespace helix::kubeconfig
