// An export file as somebody keeps it: made, continued, refused, and looked at again.
#include <filesystem>

#include <gtest/gtest.h>

#include "service/wire/record_json.hpp"
#include "service/wire/record_line.hpp"
#include "tests/ledger_export/exported.hpp"

namespace helix::ledger {
namespace {

class ExportFileTest : public testing::Test {
protected:
    TempFolder folder;
    std::string path = folder.file("export.jsonl");
    std::vector<Record> chain = sample_chain(300);

    std::vector<Record> first(std::size_t count) const {
        return {chain.begin(), chain.begin() + static_cast<long>(count)};
    }

    std::size_t files_in_folder() const {
        const std::filesystem::directory_iterator entries(std::filesystem::path(path).parent_path());
        return static_cast<std::size_t>(std::distance(entries, std::filesystem::directory_iterator()));
    }
};

TEST_F(ExportFileTest, HoldsTheRecordsCanonicalTextsALineEach) {
    const auto done = export_to_file(chain, path);
    ASSERT_TRUE(done.ok()) << done.error().message;
    EXPECT_EQ(done->records, 300U);
    EXPECT_EQ(done->head, head_of(chain));
    std::string expected;
    for (const Record& record : chain) expected += *wire::record_text(record) + "\n";
    EXPECT_EQ(content_of(path), expected);
    const auto report = verify_file(path, head_of(chain));
    ASSERT_TRUE(report.ok());
    EXPECT_TRUE(report->whole()) << report->why;
    EXPECT_EQ(report->records, 300U);
    EXPECT_EQ(files_in_folder(), 1U) << "nothing is left beside it";
}

TEST_F(ExportFileTest, ANewOneIsItsOwnersAloneAndAnOldOneKeepsItsMode) {
    using std::filesystem::perms;
    ASSERT_TRUE(export_to_file(first(10), path).ok());
    EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
    const perms shared = perms::owner_read | perms::owner_write | perms::group_read;
    std::filesystem::permissions(path, shared);
    ASSERT_TRUE(export_to_file(chain, path).ok());
    EXPECT_EQ(std::filesystem::status(path).permissions(), shared);
}

TEST_F(ExportFileTest, ALinkIsFollowedAlsoToWhatIsNotThereYet) {
    const std::string link = folder.file("link.jsonl");
    std::filesystem::create_symlink("export.jsonl", link);
    for (const std::size_t count : {100U, 300U}) {  // made, then continued
        const auto done = export_to_file(first(count), link);
        ASSERT_TRUE(done.ok()) << done.error().message;
        EXPECT_TRUE(std::filesystem::is_symlink(link));
        ASSERT_TRUE(std::filesystem::is_regular_file(path));
        EXPECT_TRUE(verify_file(path, head_of(first(count)))->whole());
    }
    EXPECT_EQ(files_in_folder(), 2U);
}

TEST_F(ExportFileTest, IsContinuedToTheSameBytesAsAtOnce) {
    ASSERT_TRUE(export_to_file(chain, folder.file("at-once")).ok());
    for (const std::size_t count : {0U, 1U, 2U, 120U, 120U, 299U, 300U}) {
        const auto done = export_to_file(first(count), path);
        ASSERT_TRUE(done.ok()) << done.error().message;
    }
    EXPECT_EQ(content_of(path), content_of(folder.file("at-once")));
}

TEST_F(ExportFileTest, FromMustBeOnePastWhatTheFileHolds) {
    ASSERT_TRUE(export_to_file(first(100), path).ok());
    const std::string before = content_of(path);
    for (const std::uint64_t wrong : {0U, 99U, 101U}) {
        const auto done = export_to_file(chain, path, wrong);
        ASSERT_FALSE(done.ok());
        EXPECT_EQ(done.error().code, Code::InvalidArgument);
        EXPECT_NE(done.error().message.find("seq 99"), std::string::npos) << done.error().message;
        EXPECT_EQ(content_of(path), before);
    }
    ASSERT_TRUE(export_to_file(chain, path, 100).ok());
    EXPECT_TRUE(verify_file(path, head_of(chain))->whole());
}

TEST_F(ExportFileTest, AnotherHistoryIsRefusedAndTheFileStays) {
    ASSERT_TRUE(export_to_file(chain, path).ok());
    const std::string before = content_of(path);
    auto rewritten = first(250);
    std::optional<Head> head;
    for (Record& record : rewritten) {
        record.actor = "somebody else";
        seal_sample(record, head);
        head = Head{record.seq, record.hash};
    }
    const auto shorter = export_to_file(first(200), path);
    ASSERT_FALSE(shorter.ok());
    EXPECT_EQ(shorter.error().code, Code::DataLoss);
    EXPECT_NE(shorter.error().message.find("ends before seq 299"), std::string::npos) << shorter.error().message;
    ASSERT_TRUE(export_to_file(first(200), folder.file("other")).ok());
    const auto other = export_to_file(rewritten, folder.file("other"));
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, Code::DataLoss);
    EXPECT_EQ(other.error().where, "seq 199");
    EXPECT_EQ(content_of(path), before);
}

TEST_F(ExportFileTest, ALedgerThatDoesNotHoldIsNotCopied) {
    chain[7].actor = "somebody else";
    const auto done = export_to_file(chain, path);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, Code::DataLoss);
    EXPECT_EQ(done.error().where, "seq 7");
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(ExportFileTest, WhatIsNoExportIsNeverReplaced) {
    for (const std::string content : {"precious\n", "SQLite format 3", "{}\n", "\n"}) {
        write_file(path, content);
        const auto done = export_to_file(chain, path);
        ASSERT_FALSE(done.ok()) << content;
        EXPECT_EQ(done.error().code, Code::InvalidArgument) << done.error().message;
        EXPECT_EQ(content_of(path), content);
    }
    const auto folder_itself = export_to_file(chain, std::filesystem::path(path).parent_path().string());
    EXPECT_EQ(folder_itself.error().code, Code::InvalidArgument);
}

TEST_F(ExportFileTest, ACutOrTamperedEndIsNotContinued) {
    ASSERT_TRUE(export_to_file(first(100), path).ok());
    const std::string whole = content_of(path);
    write_file(path, whole.substr(0, whole.size() - 1));
    EXPECT_EQ(export_to_file(chain, path).error().code, Code::DataLoss);
    std::string tampered = whole;
    tampered[tampered.rfind("twelve")] = 'T';
    write_file(path, tampered);
    EXPECT_EQ(export_to_file(chain, path).error().where, path);
    EXPECT_EQ(content_of(path), tampered);
}

TEST_F(ExportFileTest, EachFaultHasItsOwnWords) {
    ASSERT_TRUE(export_to_file(first(10), path).ok());
    const std::string whole = content_of(path);
    write_file(path, whole.substr(0, whole.size() - 20));
    EXPECT_EQ(verify_file(path)->bad, (BadRecord{9, Fault::Cut}));
    EXPECT_NE(verify_file(path)->why.find("line 10"), std::string::npos) << verify_file(path)->why;

    std::string newer = whole;
    newer.replace(newer.find(R"("v":1)", whole.size() / 2), 5, R"("v":2)");
    write_file(path, newer);
    const auto refused = verify_file(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::Unimplemented);
    EXPECT_NE(refused.error().where.find("line "), std::string::npos) << refused.error().where;

    std::string spaced = whole;
    spaced.insert(spaced.find(','), " ");
    write_file(path, spaced);
    EXPECT_EQ(verify_file(path)->bad, (BadRecord{0, Fault::Unreadable}));
    EXPECT_NE(verify_file(path)->why.find("canonical"), std::string::npos) << verify_file(path)->why;
}

TEST_F(ExportFileTest, TextsWithEscapesAndLongBodiesAreReadBack) {
    std::vector<Record> odd;
    std::optional<Head> head;
    for (const std::string text : {"quote \" and \\ backslash", "line\nfeed\ttab\x01", "γ₁ 日本",
                                   R"(,"seq":7,"target":")", R"(},"gamma1":"14.134725141734693","hash":")"}) {
        Record record = sample_after(head);
        record.actor = record.target = text;
        record.kind = "odd";
        record.body = R"({"long":")" + std::string(300'000, 'x') + R"(","n":[{},{"a":"}"}]})";
        seal_sample(record, head);
        head = Head{record.seq, record.hash};
        odd.push_back(record);
    }
    ASSERT_TRUE(export_to_file(odd, path).ok());
    EXPECT_TRUE(verify_file(path, head)->whole()) << verify_file(path, head)->why;
    const auto file = ledger_file::ExportFile::open(path);
    for (const Record& wanted : odd) {
        const auto seq = wire::seq_of_line(*wire::record_text(wanted));
        EXPECT_EQ(seq, wanted.seq);
        std::optional<Record> read;
        ASSERT_TRUE((*file)
                        ->scan(wanted.seq,
                               [&](const ports::FoundRecord& found) {
                                   read = found.record;
                                   return false;
                               })
                        .ok());
        EXPECT_EQ(as_tuple(*read), as_tuple(wanted));
    }
}

// Whatever its length is beside that of the pieces in which it is looked for.
TEST_F(ExportFileTest, TheLastLineIsFoundAtAnyLength) {
    constexpr std::size_t kPiece = 64U * 1024U;
    for (const std::size_t length : {1UL, kPiece - 2, kPiece - 1, kPiece, kPiece + 1, 2 * kPiece, 9 * kPiece + 7})
        for (const bool whole : {true, false})
            for (const std::string before : {"", "\n", "the line before\n"}) {
                const std::string last(length, 'x');
                std::ofstream(path, std::ios::binary) << before << last << (whole ? "\n" : "");
                const auto found = *(*ledger_file::ExportFile::open(path))->last_line();
                ASSERT_TRUE(found.has_value());
                EXPECT_EQ(found->offset, before.size()) << length;
                EXPECT_TRUE(found->text == last) << length << ": has " << found->text.size();
                EXPECT_EQ(found->whole, whole) << length;
            }
}

TEST_F(ExportFileTest, ALastLineThatNoRecordCanFillIsNoEvidence) {
    ASSERT_TRUE(export_to_file(first(10), path).ok());
    std::ofstream(path, std::ios::binary | std::ios::app) << std::string(2 * wire::kRecordBytesMax, 'x');
    const auto refused = (*ledger_file::ExportFile::open(path))->last_seq();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss) << refused.error().message;
    EXPECT_EQ(export_to_file(chain, path).error().code, Code::DataLoss) << "nothing is appended to it";
}

}  // namespace
}  // namespace helix::ledger
