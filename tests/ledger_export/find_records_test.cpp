#include "service/usecases/find_records.hpp"

#include <gtest/gtest.h>

#include "tests/ledger_export/exported.hpp"

namespace helix::ledger {
namespace {

using usecases::find_records;
using usecases::RecordQuery;

/// A source that can be read forwards only and does not know its end, as a pipe.
class Pipe final : public ports::RecordSource {
public:
    explicit Pipe(ports::RecordSource& source) : source_(source) {}
    Result<std::optional<std::uint64_t>> last_seq() override { return std::optional<std::uint64_t>(); }
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override { return source_.scan(from_seq, visit); }

private:
    ports::RecordSource& source_;
};

class FindRecords : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(export_to_file(chain, path).ok());
        file = *ledger_file::ExportFile::open(path);
    }

    static std::vector<std::uint64_t> seqs(const Result<usecases::RecordPage>& page) {
        std::vector<std::uint64_t> result;
        for (const Record& record : page->records) result.push_back(record.seq);
        return result;
    }

    TempFolder folder;
    std::string path = folder.file("export.jsonl");
    std::vector<Record> chain = sample_chain(5000);
    std::unique_ptr<ledger_file::ExportFile> file;
};

TEST_F(FindRecords, NewestFirstFromAFileAndFromAPipe) {
    Pipe pipe(*file);
    for (ports::RecordSource* source :
         {static_cast<ports::RecordSource*>(file.get()), static_cast<ports::RecordSource*>(&pipe)}) {
        const auto newest = find_records(*source, {.limit = 3}, openssl_digest::sha256);
        EXPECT_EQ(seqs(newest), (std::vector<std::uint64_t>{4999, 4998, 4997}));
        EXPECT_EQ(newest->next, 4996U);
        const auto from = find_records(*source, {.from_seq = 2, .limit = 5}, openssl_digest::sha256);
        EXPECT_EQ(seqs(from), (std::vector<std::uint64_t>{2, 1, 0}));
        EXPECT_EQ(from->next, std::nullopt);
    }
}

TEST_F(FindRecords, OldestFirstAndBeyondTheEnd) {
    const auto page =
        find_records(*file, {.from_seq = 4998, .limit = 3, .newest_first = false}, openssl_digest::sha256);
    EXPECT_EQ(seqs(page), (std::vector<std::uint64_t>{4998, 4999}));
    EXPECT_EQ(page->next, std::nullopt);
    EXPECT_TRUE(
        find_records(*file, {.from_seq = 5000, .newest_first = false}, openssl_digest::sha256)->records.empty());
}

TEST_F(FindRecords, ByKindTargetActorAndTime) {
    const auto odd =
        find_records(*file, {.limit = 2, .kind = "test.odd", .target = "target-0"}, openssl_digest::sha256);
    EXPECT_EQ(seqs(odd), (std::vector<std::uint64_t>{4995, 4989}));
    EXPECT_TRUE(find_records(*file, {.actor = "nobody"}, openssl_digest::sha256)->records.empty());
    const auto times =
        find_records(*file, {.since_us = chain[10].at_us, .until_us = chain[13].at_us, .newest_first = false},
                     openssl_digest::sha256);
    EXPECT_EQ(seqs(times), (std::vector<std::uint64_t>{10, 11, 12}));
}

TEST_F(FindRecords, OneRecordOrNone) {
    for (const std::uint64_t seq : {0U, 1U, 2500U, 4999U}) {
        const auto record = usecases::find_record(*file, seq, openssl_digest::sha256);
        ASSERT_TRUE(record.ok());
        EXPECT_EQ(as_tuple(*record), as_tuple(chain[seq]));
    }
    EXPECT_EQ(usecases::find_record(*file, 5000, openssl_digest::sha256).error().code, Code::NotFound);
}

TEST_F(FindRecords, SaysWhatCannotBeReliedOn) {
    std::string text = content_of(path);
    const std::size_t at = text.find(R"("seq":4998,)");
    text[text.rfind("twelve", at)] = 'T';
    write_file(path, text);
    const auto page = find_records(*file, {.limit = 3}, openssl_digest::sha256);
    EXPECT_EQ(page->records.size(), 3U);
    ASSERT_EQ(page->complaints.size(), 1U);
    EXPECT_NE(page->complaints[0].find("seq 4998"), std::string::npos) << page->complaints[0];
    EXPECT_EQ(usecases::find_record(*file, 4998, openssl_digest::sha256).error().code, Code::DataLoss);
}

}  // namespace
}  // namespace helix::ledger
