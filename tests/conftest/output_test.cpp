#include "adapters/conftest/output.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "adapters/conftest/policy_bundle.hpp"
#include "adapters/openssl_digest/sha256.hpp"

namespace helix::conftest {
namespace {

using Kind = trial::ManifestFinding::Kind;

std::string sample(const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    EXPECT_TRUE(file.good()) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(ConftestOutput, IsReadAsConftestPrintsIt) {
    const auto output = read_output(sample("findings.json"));
    ASSERT_TRUE(output.ok()) << output.error().message;
    EXPECT_EQ(output->successes, 0);
    ASSERT_EQ(output->findings.size(), 4U);
    EXPECT_EQ(output->findings[0].kind, Kind::Deny);
    EXPECT_EQ(output->findings[0].rule, "data.main.deny");
    EXPECT_EQ(output->findings[0].policy, "main") << "the namespace, where the policy does not name itself";
    EXPECT_EQ(output->findings[1].container, "web");
    EXPECT_EQ(output->findings[2].rule, "data.main.violation");
    EXPECT_EQ(output->findings[3].kind, Kind::Warn);
    EXPECT_EQ(output->findings[3].message, R"(container "web" has no resource limits)");
    const auto pass = read_output(sample("pass.json"));
    ASSERT_TRUE(pass.ok());
    EXPECT_EQ(pass->successes, 4);
    EXPECT_TRUE(pass->findings.empty());
}

TEST(ConftestOutput, AddsUpItsNamespaces) {
    const auto output = read_output(R"([{"filename":"","namespace":"main","successes":2,"failures":null,
        "exceptions":[{"msg":"data.main.exception[_][_] == \"limits\"","metadata":{"policy":"limits","query":7}}]},
        {"namespace":"b","successes":3,"warnings":[{"msg":"w"}],"skipped":[{"msg":"s"}]}])");
    ASSERT_TRUE(output.ok()) << output.error().message;
    EXPECT_EQ(output->successes, 5);
    ASSERT_EQ(output->findings.size(), 2U);
    EXPECT_EQ(output->findings[0].kind, Kind::Exception);
    EXPECT_EQ(output->findings[0].policy, "limits");
    EXPECT_EQ(output->findings[0].rule, "");
    EXPECT_EQ(output->findings[1].policy, "b");
}

TEST(ConftestOutput, OfAnotherFormIsNoAnswer) {
    for (const char* text :
         {"", "Error: running test", "{}", "7", "[7]", "[{}]", R"([{"successes":[]}])", R"([{"successes":-1}])",
          R"([{"successes":1,"failures":{}}])", R"([{"successes":1,"failures":[{"metadata":{}}]}])",
          R"([{"successes":1,"warnings":["w"]}])", R"([{"successes":1)"})
        EXPECT_FALSE(read_output(text).ok()) << text;
    const std::string whole = sample("findings.json");
    for (std::size_t length = 0; length + 2 < whole.size(); ++length)
        ASSERT_FALSE(read_output(whole.substr(0, length)).ok()) << length;
    std::string many = R"([{"successes":0,"failures":[{"msg":"m"})";
    for (std::size_t n = 0; n < kFindingsMax; ++n) many += R"(,{"msg":"m"})";
    EXPECT_EQ(read_output(many + "]}]").error().code, Code::ResourceExhausted);
}

TEST(PolicyBundle, IsHashedByItsPathsAndBytes) {
    namespace fs = std::filesystem;
    std::string pattern = ::testing::TempDir() + "bundle-XXXXXX";
    const fs::path folder = ::mkdtemp(pattern.data());
    const auto write = [&](const std::string& name, const std::string& text) {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << text;
    };
    const auto hash = [&] {
        const auto read = bundle_hash(folder, openssl_digest::sha256);
        return read ? *read : read.error().message;
    };
    EXPECT_EQ(bundle_hash(folder, openssl_digest::sha256).error().code, Code::NotFound) << "no policy is no answer";
    write("a.rego", "package a");
    write("lib/b.rego", "package b");
    const std::string first = hash();
    EXPECT_EQ(first.size(), 64U);
    EXPECT_EQ(hash(), first);
    write("..2026_01_01/a.rego", "package a");  // behind a mounted ConfigMap's links
    EXPECT_EQ(hash(), first);
    write("a.rego", "package c");
    EXPECT_NE(hash(), first);
    write("a.rego", "package a");
    EXPECT_EQ(hash(), first);
    fs::rename(folder / "lib/b.rego", folder / "b.rego");
    EXPECT_NE(hash(), first);
    fs::remove_all(folder);
    EXPECT_EQ(bundle_hash(folder, openssl_digest::sha256).error().code, Code::NotFound);
}

}  // namespace
}  // namespace helix::conftest
