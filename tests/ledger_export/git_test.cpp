// A ledger as a git history: reproducible, continued, and what a changed commit looks like.
#include <filesystem>

#include <git2.h>
#include <gtest/gtest.h>

#include "adapters/ledger_git/commit_text.hpp"
#include "adapters/ledger_git/git_reader.hpp"
#include "adapters/ledger_git/git_writer.hpp"
#include "tests/ledger_export/exported.hpp"

namespace helix::ledger {
namespace {

using ledger_git::GitReader;
using ledger_git::GitWriter;

Result<usecases::ExportReport> export_to_git(const std::vector<Record>& chain, const std::string& folder) {
    auto writer = GitWriter::open(folder);
    if (!writer) return writer.error();
    ChainSource source(chain);
    return usecases::export_ledger(source, **writer, openssl_digest::sha256);
}

Result<usecases::LedgerReport> verify_git(const std::string& folder, const std::optional<Head>& remembered = {}) {
    const auto reader = GitReader::open(folder, openssl_digest::sha256);
    if (!reader) return reader.error();
    return usecases::verify_records(**reader, openssl_digest::sha256, {}, remembered);
}

std::string tip_of(const std::string& folder) {
    const ledger_git::Library library;
    git_repository* repository = nullptr;
    EXPECT_EQ(git_repository_open(&repository, folder.c_str()), 0);
    git_oid id{};
    EXPECT_EQ(git_reference_name_to_id(&id, repository, ledger_git::kBranch), 0);
    git_repository_free(repository);
    return ledger_git::hex(id);
}

class GitExport : public testing::Test {
protected:
    std::vector<Record> first(std::size_t count) const {
        return {chain.begin(), chain.begin() + static_cast<long>(count)};
    }

    TempFolder temp;
    std::string folder = temp.file("ledger.git");
    std::vector<Record> chain = sample_chain(500);
};

TEST_F(GitExport, HoldsAndIsTheSameHoweverItWasMade) {
    const auto done = export_to_git(chain, folder);
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(done->records, 500U);
    const auto report = verify_git(folder, head_of(chain));
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_TRUE(report->whole()) << report->why;
    EXPECT_EQ(report->records, 500U);

    const std::string stepwise = temp.file("deep/stepwise.git");
    for (const std::size_t count : {0U, 1U, 1U, 3U, 200U, 500U}) {
        const auto step = export_to_git(first(count), stepwise);
        ASSERT_TRUE(step.ok()) << step.error().message;
    }
    EXPECT_EQ(tip_of(stepwise), tip_of(folder));
    EXPECT_TRUE(verify_git(stepwise, head_of(chain))->whole());
}

TEST_F(GitExport, TheIdIsTheRecordsAlone) {
    ASSERT_TRUE(export_to_git(first(2), folder).ok());
    EXPECT_EQ(tip_of(folder), "b451cfd3e242f2c4038ebf3723dd8aa92ca5cd22");
}

TEST_F(GitExport, TheCommitSaysWhatTheRecordSays) {
    Record record = chain[3];
    record.kind = "helix.cycle";
    record.target = "de\nmo";
    record.actor = "<eve>\x1b";
    record.body = R"({"actions":[{"verdict":{"passed":true}},{"verdict":{"passed":false}}]})";
    const std::string hash = to_hex(record.hash);
    EXPECT_EQ(ledger_git::commit_text(record, std::string(40, 'a'), std::string(40, 'b')),
              "tree " + std::string(40, 'a') + "\nparent " + std::string(40, 'b') +
                  "\nauthor _eve_ <ledger@helix.invalid> 1700000000 +0000\n"
                  "committer Helix Coaster <ledger@helix.invalid> 1700000000 +0000\n\n"
                  "helix.cycle de mo: BREAK (seq 3)\n\nSeq: 3\nKind: helix.cycle\nTarget: de mo\nActor: _eve_\n"
                  "Verdict: BREAK\nHash: " +
                  hash + "\nPrev-Hash: " + to_hex(record.prev_hash) + "\n");
    record.at_us = -5;
    record.actor.clear();
    record.body = R"({"verdict":"warmer"})";
    const std::string text = ledger_git::commit_text(record, std::string(40, 'a'), "");
    EXPECT_NE(text.find("author unknown <ledger@helix.invalid> 0 +0000"), std::string::npos) << text;
    EXPECT_NE(text.find(": warmer (seq 3)"), std::string::npos) << text;
    EXPECT_EQ(text.find("parent"), std::string::npos);
}

// A CloudEvent may have an extension attribute of that name.
TEST_F(GitExport, OnlyKindsThatJudgeHaveAVerdict) {
    Record record = chain[3];
    record.body = R"({"verdict":"ADMIT"})";
    for (const char* kind : {"event.received", "helix.lease", "test.odd"}) {
        record.kind = kind;
        EXPECT_EQ(ledger_git::verdict_of(record), "") << kind;
        EXPECT_EQ(ledger_git::commit_text(record, std::string(40, 'a'), "").find("ADMIT"), std::string::npos) << kind;
    }
    record.kind = "trial.verdict";
    EXPECT_EQ(ledger_git::verdict_of(record), "ADMIT");
}

TEST_F(GitExport, AnotherHistoryIsRefused) {
    ASSERT_TRUE(export_to_git(first(100), folder).ok());
    const std::string before = tip_of(folder);
    auto rewritten = chain;
    std::optional<Head> head;
    for (Record& record : rewritten) {
        record.actor = "somebody else";
        seal_sample(record, head);
        head = Head{record.seq, record.hash};
    }
    const auto other = export_to_git(rewritten, folder);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, Code::DataLoss);
    EXPECT_NE(other.error().message.find("history differs"), std::string::npos) << other.error().message;
    EXPECT_EQ(export_to_git(first(50), folder).error().code, Code::DataLoss);
    EXPECT_EQ(tip_of(folder), before);
}

TEST_F(GitExport, RefusesAFolderOfSomethingElse) {
    const std::string occupied = temp.file("occupied");
    std::filesystem::create_directory(occupied);
    write_file(occupied + "/precious", "x");
    EXPECT_EQ(export_to_git(chain, occupied).error().code, Code::InvalidArgument);
    EXPECT_EQ(GitReader::open(occupied, openssl_digest::sha256).error().code, Code::InvalidArgument);
    EXPECT_EQ(GitReader::open(temp.file("nothing"), openssl_digest::sha256).error().code, Code::NotFound);
}

TEST_F(GitExport, TwoExportsAtOnceDoNotMix) {
    ASSERT_TRUE(export_to_git(first(10), folder).ok());
    const auto slow = GitWriter::open(folder);
    ASSERT_TRUE(export_to_git(first(20), folder).ok());
    ChainSource source(chain);
    const auto late = usecases::export_ledger(source, **slow, openssl_digest::sha256);
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code, Code::Conflict) << late.error().message;
    EXPECT_TRUE(verify_git(folder, head_of(first(20)))->whole());
}

TEST_F(GitExport, ViewsFromTheMiddle) {
    ASSERT_TRUE(export_to_git(chain, folder).ok());
    const auto reader = GitReader::open(folder, openssl_digest::sha256);
    EXPECT_EQ(*(*reader)->last_seq(), 499U);
    std::vector<std::uint64_t> seqs;
    ASSERT_TRUE((*reader)
                    ->scan(497, [&](const ports::FoundRecord& found) { return seqs.push_back(found.record.seq), true; })
                    .ok());
    EXPECT_EQ(seqs, (std::vector<std::uint64_t>{497, 498, 499}));
}

}  // namespace
}  // namespace helix::ledger
