#include "adapters/conftest/conftest.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "adapters/openssl_digest/sha256.hpp"

// Where the program itself is at fault it is played by a shell script: the real one does not hang, flood or die to
// order.
namespace helix::conftest {
namespace {

namespace fs = std::filesystem;
using Kind = trial::ManifestFinding::Kind;
using trial::Layer;
using trial::ManifestCheck;

class FixedClock final : public ports::Clock {
public:
    [[nodiscard]] std::int64_t now_us() const override { return 1'795'000'000'000'000; }
    [[nodiscard]] std::int64_t steady_us() const override { return 0; }
};

const std::string kBad =
    R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
  "spec":{"template":{"spec":{"hostNetwork":true,"containers":[{"name":"web","image":"nginx:1.27"}]}}}})";

class ConftestTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "conftest-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        fs::create_directories(folder_ / "scratch");
    }
    void TearDown() override {
        EXPECT_TRUE(fs::is_empty(folder_ / "scratch")) << "a check leaves nothing behind";
        fs::remove_all(folder_);
    }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    /// A program of these lines; with `--version` it answers as conftest does.
    std::string script(const std::string& lines) const {
        write("program",
              "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Conftest: 9.9'; exit 0; fi\n" + lines + "\n");
        ::chmod((folder_ / "program").c_str(), 0700);
        return folder_ / "program";
    }

    ManifestCheck judge(const std::string& program, const fs::path& policies, const std::string& manifest = kBad,
                        Layer layer = Layer::L2, std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
        Conftest judge({program, policies, folder_ / "scratch", timeout}, clock_, openssl_digest::sha256);
        auto check = judge.judge(manifest, 7, layer);
        EXPECT_TRUE(check.ok());
        if (!check) return {};
        EXPECT_EQ(check->generation, 7);
        EXPECT_EQ(check->at, clock_.now_us());
        EXPECT_EQ(check->manifest_hash, ledger::to_hex(openssl_digest::sha256(manifest)));
        return std::move(*check);
    }

    /// The problem of a run of a script that has policies to look at.
    std::string problem_of(const std::string& lines, std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
        write("policies/a.rego", "package main");
        const ManifestCheck check = judge(script(lines), folder_ / "policies", kBad, Layer::L2, timeout);
        EXPECT_TRUE(check.findings.empty());
        EXPECT_EQ(check.successes, 0);
        return check.problem;
    }

    fs::path folder_;
    FixedClock clock_;
};

/// The same with the real program.
class RealConftest : public ConftestTest {
protected:
    void SetUp() override {
        ConftestTest::SetUp();
        const char* gates = std::getenv("HELIX_GATES");
        if (gates == nullptr) GTEST_SKIP() << "HELIX_GATES does not say where conftest is";
        program_ = (fs::path(gates) / "conftest").string();
        ASSERT_TRUE(fs::exists(program_)) << "HELIX_GATES promises a conftest";
    }

    std::string program_;
};

bool has(const ManifestCheck& check, Kind kind, const std::string& policy, const std::string& container) {
    for (const auto& one : check.findings)
        if (one.kind == kind && one.policy == policy && one.container == container) return true;
    return false;
}

TEST_F(RealConftest, JudgesByTheShippedPolicies) {
    const ManifestCheck check = judge(program_, HELIX_POLICIES);
    EXPECT_EQ(check.problem, "");
    EXPECT_NE(check.version, "");
    EXPECT_EQ(check.policy_hash.size(), 64U);
    EXPECT_GT(check.successes, 0);
    EXPECT_TRUE(has(check, Kind::Deny, "host-network", ""));
    EXPECT_TRUE(has(check, Kind::Warn, "limits", "web"));
    for (const auto& one : check.findings) {
        EXPECT_EQ(one.rule.substr(0, 10), "data.main.") << one.rule;
        EXPECT_FALSE(one.message.empty());
    }
}

TEST_F(RealConftest, PoliciesLearnTheLayer) {
    EXPECT_FALSE(has(judge(program_, HELIX_POLICIES, kBad, Layer::L3), Kind::Deny, "digest", "web"));
    EXPECT_TRUE(has(judge(program_, HELIX_POLICIES, kBad, Layer::L4), Kind::Deny, "digest", "web"));
}

TEST_F(RealConftest, FindingsOfEveryNamespaceAndWaiversAreKept) {
    write("p/a.rego", R"(package main
import rego.v1
deny_kind contains {"msg": "no", "policy": "kind"} if input.kind == "Deployment"
exception contains rules if rules := ["kind"]
)");
    write("p/b.rego", R"(package other
import rego.v1
warn contains "hm" if input.kind == "Deployment"
)");
    const ManifestCheck check = judge(program_, folder_ / "p");
    EXPECT_EQ(check.problem, "");
    ASSERT_EQ(check.findings.size(), 2U);
    EXPECT_TRUE(has(check, Kind::Warn, "other", ""));
    EXPECT_EQ(check.findings[0].kind, Kind::Exception) << "waived is not passed";
}

TEST_F(RealConftest, PoliciesThatSayNothingOfItGiveNoSuccess) {
    write("p/a.rego", "package lib.a\nimport rego.v1\nhelper := 1\n");
    const ManifestCheck check = judge(program_, folder_ / "p");
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.successes, 0);
    EXPECT_TRUE(check.findings.empty());
}

TEST_F(RealConftest, PoliciesThatDoNotCompileAreAProblem) {
    write("p/bad.rego", "package main\ndeny[msg] { bad syntax\n");
    const ManifestCheck check = judge(program_, folder_ / "p");
    EXPECT_NE(check.problem.find("rego_parse_error"), std::string::npos) << check.problem;
    EXPECT_TRUE(check.findings.empty());
}

TEST_F(RealConftest, WithoutPoliciesThereIsNoAnswer) {
    EXPECT_NE(judge(program_, folder_ / "none").problem, "");
    write("p/readme.txt", "no policy");
    EXPECT_NE(judge(program_, folder_ / "p").problem.find("no policies"), std::string::npos);
}

TEST_F(ConftestTest, AMissingProgramIsAProblem) {
    write("policies/a.rego", "package main");
    EXPECT_NE(judge("/nowhere/conftest", folder_ / "policies").problem.find("no such program"), std::string::npos);
    EXPECT_NE(judge("/bin/true", folder_ / "policies").problem.find("is it conftest?"), std::string::npos);
}

TEST_F(ConftestTest, WhatIsNoAnswerIsAProblem) {
    EXPECT_EQ(problem_of("exit 0"), "conftest printed nothing");
    EXPECT_EQ(problem_of("echo 'Error: no' >&2; exit 1"), "conftest: Error: no");
    EXPECT_NE(problem_of("echo 'OK'"), "");
    EXPECT_NE(problem_of("echo '[{\"namespace\":\"main\",\"succ'; exit 1"), "");
    EXPECT_NE(problem_of("echo '[{\"successes\":3}]'; kill -9 $$"), "");
    EXPECT_NE(problem_of("echo '[{\"successes\":3}]'; echo broken >&2; exit 1").find("broken"), std::string::npos)
        << "it failed and names no failure";
    EXPECT_NE(problem_of("while true; do echo '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['; done").find("prints too much"),
              std::string::npos);
    EXPECT_NE(problem_of("sleep 600", std::chrono::milliseconds(300)).find("did not end within"), std::string::npos);
    EXPECT_NE(problem_of("echo x >> " + (folder_ / "policies/a.rego").string() + "; echo '[{\"successes\":3}]'")
                  .find("changed"),
              std::string::npos);
}

TEST_F(ConftestTest, TheProgramSeesNothingOfOurs) {
    write("policies/a.rego", "package main");
    ::setenv("HELIX_SECRET", "s3cret", 1);
    const ManifestCheck check =
        judge(script("[ -z \"$HELIX_SECRET\" ] && [ \"$HOME\" = \"$(pwd)\" ] && [ $(stat -c %a .) = 700 ] && "
                     "echo '[{\"successes\":1,\"namespace\":\"main\"}]'"),
              folder_ / "policies");
    ::unsetenv("HELIX_SECRET");
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.successes, 1);
    EXPECT_EQ(check.version, "9.9");
}

TEST_F(ConftestTest, AManifestThatIsNoJsonIsRefused) {
    Conftest judge({script("exit 0"), folder_ / "policies", folder_ / "scratch"}, clock_, openssl_digest::sha256);
    EXPECT_EQ(judge.judge("{\"kind\":", 1, Layer::L0).error().code, Code::InvalidArgument);
}

TEST_F(ConftestTest, BeingStoppedIsNoEvidence) {
    write("policies/a.rego", "package main");
    std::stop_source stop;
    stop.request_stop();
    Conftest judge({script("sleep 600"), folder_ / "policies", folder_ / "scratch", std::chrono::seconds(60)}, clock_,
                   openssl_digest::sha256, stop.get_token());
    EXPECT_EQ(judge.judge(kBad, 1, Layer::L0).error().code, Code::Unavailable);
}

}  // namespace
}  // namespace helix::conftest
