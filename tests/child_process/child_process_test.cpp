#include "adapters/child_process/child_process.hpp"

#include <filesystem>

#include <gtest/gtest.h>

namespace helix::child_process {
namespace {

/// A child that runs these lines.
Child shell(const std::string& lines) {
    Child child;
    child.program = "/bin/sh";
    child.arguments = {"-c", lines};
    return child;
}

TEST(ChildProcess, TellsWhatItPrintedAndHowItEnded) {
    Child child = shell("echo out; echo err >&2; exit 3");
    const auto unseen = run_to_end(child, {});
    ASSERT_TRUE(unseen.ok()) << unseen.error().message;
    EXPECT_EQ(unseen->exit_code, 3);
    EXPECT_EQ(unseen->output, "out\n");
    EXPECT_EQ(unseen->errors, "");
    child.errors_bytes_max = 2;
    EXPECT_EQ(run_to_end(child, {})->errors, "er") << "no more than is asked for";
    EXPECT_EQ(run(child, {}).error().code, Code::Unavailable);
    EXPECT_EQ(*run(shell("echo out"), {}), "out\n");
}

TEST(ChildProcess, ReadsAllOfItsInputThoughNobodyFeedsIt) {
    Child child = shell("wc -c; cat | head -c 1");
    child.input = std::string(1'000'000, 'x');
    const auto ended = run(child, {});
    ASSERT_TRUE(ended.ok()) << ended.error().message;
    EXPECT_EQ(std::stoi(*ended), 1'000'000);
    child.program = "/bin/true";
    EXPECT_TRUE(run(child, {}).ok()) << "who reads nothing of it ends all the same";
}

TEST(ChildProcess, FloodingItsErrorsHoldsNobodyUp) {
    Child child = shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo done");
    child.errors_bytes_max = 100;
    const auto ended = run_to_end(child, {});
    ASSERT_TRUE(ended.ok()) << ended.error().message;
    EXPECT_EQ(ended->output, "done\n");
    EXPECT_EQ(ended->errors.size(), 100U);
}

TEST(ChildProcess, HasItsEnvironmentAndFolderAndNothingElse) {
    Child child = shell("echo \"$ONE|$HOME|$(pwd)\"; read line || echo no input");
    child.environment = {"ONE=1"};
    child.folder = "/";
    EXPECT_EQ(*run(child, {}), "1||/\nno input\n");
    child.folder = "/nowhere/at/all";
    EXPECT_FALSE(run(child, {}).ok());
}

TEST(ChildProcess, IsEndedWhenItTakesOrPrintsTooMuch) {
    Child slow = shell("sleep 600 & wait");
    slow.timeout = std::chrono::milliseconds(50);
    EXPECT_EQ(run_to_end(slow, {}).error().code, Code::DeadlineExceeded);
    Child loud = shell("while true; do echo 0123456789; done");
    loud.output_bytes_max = 1000;
    EXPECT_EQ(run_to_end(loud, {}).error().code, Code::ResourceExhausted);
    EXPECT_EQ(run_to_end(shell("kill -9 $$"), {}).error().code, Code::Unavailable);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(run_to_end(shell("sleep 600"), stop.get_token()).error().code, Code::Unavailable);
    Child none;
    none.program = "/nowhere/program";
    EXPECT_EQ(run_to_end(none, {}).error().code, Code::NotFound);
}

}  // namespace
}  // namespace helix::child_process
