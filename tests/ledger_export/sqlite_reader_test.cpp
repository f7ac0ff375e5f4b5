// A ledger's SQLite file, read beside the service that writes it and where nothing may be written at all.
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "adapters/ledger_sqlite/sqlite_ledger_reader.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "tests/ledger_export/exported.hpp"

namespace helix::ledger {
namespace {

using ledger_sqlite::SqliteLedgerReader;
using ledger_sqlite::SqliteLedgerStore;

class SqliteReader : public testing::Test {
protected:
    /// Every file of the folder with its content and its time.
    std::map<std::string, std::pair<std::string, std::filesystem::file_time_type>> snapshot() const {
        std::map<std::string, std::pair<std::string, std::filesystem::file_time_type>> files;
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path()))
            files[entry.path().string()] = {content_of(entry.path().string()), entry.last_write_time()};
        return files;
    }

    static void run(const std::string& path, const std::string& sql) {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        sqlite3_close(db);
    }

    TempFolder folder;
    std::string path = folder.file("led ger?#%.sqlite");
    std::vector<Record> chain = sample_chain(1500);
};

TEST_F(SqliteReader, LeavesAFileThatLiesStillAsItWas) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(chain).ok());
    const auto before = snapshot();
    ASSERT_EQ(before.size(), 1U);
    {
        const auto reader = SqliteLedgerReader::open(path);
        ASSERT_TRUE(reader.ok()) << reader.error().message;
        EXPECT_EQ(*(*reader)->last_seq(), 1499U);
        const auto report = usecases::verify_records(**reader, openssl_digest::sha256, {}, head_of(chain));
        ASSERT_TRUE(report.ok()) << report.error().message;
        EXPECT_TRUE(report->whole()) << report->why;
        EXPECT_EQ(report->records, 1500U);
        EXPECT_EQ(snapshot(), before);
    }
    EXPECT_EQ(snapshot(), before);
}

TEST_F(SqliteReader, SeesWhatIsInTheWalOfALiveService) {
    const auto store = SqliteLedgerStore::open(path);
    ASSERT_TRUE((*store)->append_all(std::span(chain).first(1000)).ok());
    const auto reader = SqliteLedgerReader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    ASSERT_TRUE((*store)->append_all(std::span(chain).subspan(1000)).ok());
    const auto report = usecases::verify_records(**reader, openssl_digest::sha256, {}, head_of(chain));
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_TRUE(report->whole()) << report->why;
}

// The WAL lies beside the file, not beside the link: without it the reader would stop at what was there long ago.
TEST_F(SqliteReader, SeesWhatIsInTheWalOverLinks) {
    { ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(std::span(chain).first(1000)).ok()); }
    const auto store = SqliteLedgerStore::open(path);
    ASSERT_TRUE((*store)->append_all(std::span(chain).subspan(1000)).ok());
    const std::string link = folder.file("link.sqlite"), second = folder.file("second.sqlite");
    std::filesystem::create_symlink(std::filesystem::path(path).filename(), link);
    std::filesystem::create_symlink(link, second);
    for (const std::string& name : {link, second}) {
        const auto reader = SqliteLedgerReader::open(name);
        ASSERT_TRUE(reader.ok()) << reader.error().message;
        const auto report = usecases::verify_records(**reader, openssl_digest::sha256, {}, head_of(chain));
        ASSERT_TRUE(report.ok()) << report.error().message;
        EXPECT_EQ(report->records, 1500U) << name;
    }
}

TEST_F(SqliteReader, AFileThatIsWrittenMeanwhileIsNotHalfRead) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(std::span(chain).first(1000)).ok());
    const auto reader = SqliteLedgerReader::open(path);
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(std::span(chain).subspan(1000)).ok());
    const auto report = usecases::verify_records(**reader, openssl_digest::sha256);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, Code::Unavailable) << report.error().message;
}

TEST_F(SqliteReader, ExportsTheSameBytes) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(chain).ok());
    const auto reader = SqliteLedgerReader::open(path);
    const auto writer = ledger_file::ExportWriter::open(folder.file("a"), openssl_digest::sha256);
    ASSERT_TRUE(usecases::export_ledger(**reader, **writer, openssl_digest::sha256).ok());
    ASSERT_TRUE(export_to_file(chain, folder.file("b")).ok());
    EXPECT_EQ(content_of(folder.file("a")), content_of(folder.file("b")));
}

constexpr const char* kDropTriggers = "DROP TRIGGER records_continue_the_head; DROP TRIGGER records_are_not_changed;";

TEST_F(SqliteReader, EndsAfterARowOfTheGreatestSeq) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(std::span(chain).first(512)).ok());
    run(path, std::string(kDropTriggers) + "UPDATE records SET seq = 9223372036854775807 WHERE seq = 511");
    const auto reader = SqliteLedgerReader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    const auto report = usecases::verify_records(**reader, openssl_digest::sha256,
                                                 [](std::uint64_t records) { return records < 10'000; });
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_EQ(report->records, 512U);
    EXPECT_EQ(report->first_bad_seq(), 511U);
}

TEST_F(SqliteReader, EndsWhereRowsDoNotFollowTheOrderOfSeq) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(std::span(chain).first(600)).ok());
    run(path,
        "CREATE TABLE texts AS SELECT * FROM records; DROP TABLE records;"
        "CREATE TABLE records AS SELECT * FROM texts; UPDATE records SET seq = 'x' || seq");
    const auto reader = SqliteLedgerReader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    int rows = 0;
    const auto read = (*reader)->scan(0, [&](const ports::FoundRecord&) { return ++rows < 10'000; });
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, Code::DataLoss);
}

TEST_F(SqliteReader, NamesARowOfAVersionThatNeverWas) {
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(chain).ok());
    for (const char* version : {"0", "-7"}) {
        run(path, std::string("DROP TRIGGER IF EXISTS records_are_not_changed; UPDATE records SET v = ") + version +
                      " WHERE seq = 1234");
        const auto reader = SqliteLedgerReader::open(path);
        ASSERT_TRUE(reader.ok()) << reader.error().message;
        const auto report = usecases::verify_records(**reader, openssl_digest::sha256);
        ASSERT_TRUE(report.ok()) << report.error().message;
        EXPECT_EQ(report->bad, (BadRecord{1234, Fault::Changed})) << version;
    }
}

TEST_F(SqliteReader, RefusesWhatItCannotRead) {
    EXPECT_EQ(SqliteLedgerReader::open(path).error().code, Code::NotFound);
    const std::string other = folder.file("other.sqlite");
    run(other, "CREATE TABLE precious (x)");
    EXPECT_EQ(SqliteLedgerReader::open(other).error().code, Code::PreconditionFailed);
    ASSERT_TRUE((*SqliteLedgerStore::open(path))->append_all(chain).ok());
    run(path, "PRAGMA user_version = 9999");
    EXPECT_EQ(SqliteLedgerReader::open(path).error().code, Code::Unimplemented);
}

}  // namespace
}  // namespace helix::ledger
