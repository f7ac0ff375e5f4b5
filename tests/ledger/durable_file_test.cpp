// Small files that are replaced whole, whoever else does so at the time.
#include "adapters/durable_file/durable_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/ledger/temp_folder.hpp"

namespace helix::durable_file {
namespace {

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// The draft of the folder's only file, "file".
std::string draft_of(const ledger::TempFolder& folder) {
    return folder.file(".file.helix-draft");
}

unsigned mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(DurableFile, HoldsTheNewTextWithItsMode) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("file");
    ASSERT_TRUE(replace(path, "a long first text", 0644).ok());
    ASSERT_TRUE(replace(path, "short", 0600).ok());
    EXPECT_EQ(text_of(path), "short");
    EXPECT_EQ(mode_of(path), 0600U);
}

TEST(DurableFile, WhatADeathLeftBesideIsOverwritten) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("file");
    std::ofstream(draft_of(folder)) << "half of what was to be written then";
    std::filesystem::permissions(draft_of(folder), std::filesystem::perms::all);
    ASSERT_TRUE(replace(path, "whole", 0600).ok());
    EXPECT_EQ(text_of(path), "whole");
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_FALSE(std::filesystem::exists(draft_of(folder)));
}

TEST(DurableFile, OfSeveralAtOnceEachIsWhole) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("file");
    ASSERT_TRUE(replace(path, std::string(10, '0'), 0600).ok());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    std::vector<std::jthread> writers;
    for (char digit = '1'; digit <= '4'; ++digit)
        writers.emplace_back([&, digit] {
            const std::string text(static_cast<std::size_t>(10 * (digit - '0')), digit);
            for (int i = 0; i < 50; ++i) {
                Result<void> done = replace(path, text, 0600);
                // Where syncing is slow the others may hold it for longer than one of them is waited for.
                while (!done && done.error().code == Code::Conflict && std::chrono::steady_clock::now() < deadline)
                    done = replace(path, text, 0600);
                EXPECT_TRUE(done.ok()) << done.error().message;
            }
        });
    for (int i = 0; i < 500; ++i) {
        const std::string seen = text_of(path);
        ASSERT_FALSE(seen.empty());
        const auto length = static_cast<std::size_t>(seen[0] == '0' ? 10 : 10 * (seen[0] - '0'));
        EXPECT_EQ(seen, std::string(length, seen[0]));
    }
}

TEST(DurableFile, LeavesFilesOfOthersAlone) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("file");
    for (const char* name : {"file.new", "file.tmp", "file.part", "file~"}) std::ofstream(folder.file(name)) << name;
    ASSERT_TRUE(replace(path, "text", 0600).ok());
    for (const char* name : {"file.new", "file.tmp", "file.part", "file~"}) EXPECT_EQ(text_of(folder.file(name)), name);
}

TEST(DurableFile, ADraftIsOnesAloneAndLeavesNothing) {
    const ledger::TempFolder folder;
    const std::string path = folder.file("file");
    {
        const auto draft = Draft::begin(path, 0600, Draft::Others::Refuse);
        ASSERT_TRUE(draft.ok());
        const auto second = Draft::begin(path, 0600, Draft::Others::Refuse);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code, Code::Conflict);
        EXPECT_EQ(second.error().where, path);
    }
    EXPECT_FALSE(std::filesystem::exists(draft_of(folder)));
    auto third = Draft::begin(path, 0600, Draft::Others::Refuse);
    ASSERT_TRUE(third.ok());
    ASSERT_TRUE(write_all(third->file(), "text", path).ok());
    ASSERT_TRUE(third->put_in_place().ok());
    EXPECT_EQ(text_of(path), "text");
    EXPECT_FALSE(std::filesystem::exists(draft_of(folder)));
}

TEST(DurableFile, AFolderThatIsNotThereIsNamed) {
    const ledger::TempFolder folder;
    const auto refused = replace(folder.file("no/where"), "text", 0600);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::NotFound);
    EXPECT_NE(refused.error().where.find("no/where"), std::string::npos);
}

}  // namespace
}  // namespace helix::durable_file
