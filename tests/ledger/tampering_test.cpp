// A real ledger file, changed by hand as someone with the disk could, and what `verify` and `open` then say.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "service/usecases/merkle_log.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::ledger {
namespace {

using ledger_sqlite::SqliteLedgerStore;
using usecases::verify_ledger;

constexpr std::uint64_t kRecords = 200;
constexpr const char* kDropTriggers =
    "DROP TRIGGER records_continue_the_head; DROP TRIGGER records_are_not_changed;"
    "DROP TRIGGER records_are_not_removed;";

class Tampering : public testing::Test {
protected:
    void SetUp() override {
        const auto store = SqliteLedgerStore::open(path);
        ASSERT_TRUE(store.ok());
        ASSERT_TRUE((*store)->append_all(sample_chain(kRecords)).ok());
        head = **(*store)->head();
    }

    /// Runs `sql` on the file as its owner could at a prompt; the error's text, or empty.
    std::string by_hand(const std::string& sql) const {
        sqlite3* db = nullptr;
        EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
        char* message = nullptr;
        sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message);
        std::string text = message == nullptr ? "" : message;
        sqlite3_free(message);
        sqlite3_close(db);
        return text;
    }

    /// What verify finds once the triggers are gone and `sql` has run.
    std::optional<BadRecord> after(const std::string& sql, const std::optional<Head>& remembered = std::nullopt) const {
        EXPECT_EQ(by_hand(kDropTriggers + sql), "");
        const auto store = SqliteLedgerStore::open(path);
        EXPECT_TRUE(store.ok());
        const auto report = verify_ledger(**store, &openssl_digest::sha256, {}, remembered);
        EXPECT_TRUE(report.ok());
        return report->bad;
    }

    TempFolder folder;
    std::string path = folder.file("ledger.sqlite");
    Head head;
};

TEST_F(Tampering, AnUntouchedFileIsWhole) {
    EXPECT_EQ(after("", head), std::nullopt);
}

TEST_F(Tampering, TheFileItselfRefusesAHandThatLeavesItsTriggers) {
    EXPECT_EQ(by_hand("UPDATE records SET body = '{}' WHERE seq = 3"), "helix: records are not changed");
    EXPECT_EQ(by_hand("DELETE FROM records WHERE seq = 199"), "helix: records are not removed");
    EXPECT_EQ(by_hand("INSERT INTO records SELECT seq + 5, v, id, at_us, kind, target, actor, body, hash, hash, "
                      "key_id, signature FROM records WHERE seq = 199"),
              "helix: the record does not continue the head");
    EXPECT_EQ(by_hand("REPLACE INTO records SELECT * FROM records WHERE seq = 7"),
              "helix: the record does not continue the head");
}

TEST_F(Tampering, TheFileItselfGivesNamesOnlyOnceAndToTheNewestRecord) {
    {
        const auto store = *SqliteLedgerStore::open(path);
        Record next = sample_after(head);
        seal_sample(next, head);
        ASSERT_TRUE(store->commit(std::vector<ports::Entry>{{next, {"given"}}}).ok());
    }
    for (const std::string verb : {"INSERT", "REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"}) {
        EXPECT_EQ(by_hand(verb + " INTO record_keys VALUES ('given', 200)"), "helix: a record has this name already");
        for (const char* seq : {"1", "199", "201", "555555"})
            EXPECT_EQ(by_hand(verb + " INTO record_keys VALUES ('event:s victim', " + seq + ")"),
                      "helix: a name is given only together with its record");
    }
    EXPECT_EQ(by_hand("UPDATE OR REPLACE record_keys SET seq = 1"), "helix: names of records are not changed");
    EXPECT_EQ(*(*SqliteLedgerStore::open(path))->find("given"), 200U);
}

TEST_F(Tampering, ALastRowAtTheGreatestSeqIsReadOnce) {
    // A full page whose last row has it: one past it is no number of SQLite's.
    EXPECT_EQ(by_hand(std::string(kDropTriggers) +
                      "WITH RECURSIVE n (seq) AS (SELECT 200 UNION ALL SELECT seq + 1 FROM n WHERE seq < 511)"
                      " INSERT INTO records SELECT CASE n.seq WHEN 511 THEN 9223372036854775807 ELSE n.seq END, v, id,"
                      " at_us, kind, target, actor, body, prev_hash, hash, key_id, signature FROM n"
                      " JOIN records AS last ON last.seq = 199"),
              "");
    const auto store = *SqliteLedgerStore::open(path);
    std::uint64_t rows = 0, last = 0;
    ASSERT_TRUE(store
                    ->scan(0,
                           [&](const Record& record) {
                               last = record.seq;
                               return ++rows < 2000;
                           })
                    .ok());
    EXPECT_EQ(rows, 512U);
    EXPECT_EQ(last, ports::kSeqMax);
    const std::uint64_t past = ports::kSeqMax + 1;
    EXPECT_EQ(store->read(past).error().code, Code::NotFound);
    EXPECT_TRUE(store->list({.from_seq = past})->empty());
    EXPECT_TRUE(store->hashes(past, 1)->empty());
    EXPECT_EQ(verify_ledger(*store, &openssl_digest::sha256)->records, 512U);
}

TEST_F(Tampering, AChangedBodyIsNamed) {
    EXPECT_EQ(after("UPDATE records SET body = '{\"n\":77}' WHERE seq = 117"), (BadRecord{117, Fault::Changed}));
}

TEST_F(Tampering, EveryChangedColumnIsNamed) {
    EXPECT_EQ(by_hand(kDropTriggers), "");
    std::int64_t seq = static_cast<std::int64_t>(kRecords) - 1;
    for (const char* change :
         {"id = id || 'x'", "at_us = at_us + 1", "kind = 'other'", "target = ''", "actor = 'root'",
          "body = body || ' '", "prev_hash = zeroblob(32)", "hash = zeroblob(32)", "v = 0", "v = -7"}) {
        EXPECT_EQ(by_hand("UPDATE records SET " + std::string(change) + " WHERE seq = " + std::to_string(seq)), "");
        const auto store = SqliteLedgerStore::open(path);
        const auto report = verify_ledger(**store, &openssl_digest::sha256);
        EXPECT_EQ(report->first_bad_seq(), static_cast<std::uint64_t>(seq)) << change;
        --seq;  // the next change comes before this one and is then the first
    }
}

TEST_F(Tampering, AChangedNodeOfTheTreeIsNamedAndAMissingOneIsNoFault) {
    const auto store = *SqliteLedgerStore::open(path);
    const auto check = [&] {
        return *verify_ledger(*store, &openssl_digest::sha256, {}, std::nullopt, {}, store.get());
    };
    ASSERT_TRUE(usecases::MerkleLog(*store, *store, &openssl_digest::sha256).keep_nodes(kRecords).ok());
    EXPECT_TRUE(check().whole());
    EXPECT_EQ(by_hand("DELETE FROM tree_nodes WHERE idx = 3"), "");
    EXPECT_TRUE(check().whole()) << check().why;
    EXPECT_EQ(by_hand("UPDATE tree_nodes SET hash = zeroblob(32) WHERE level = 4 AND idx = 7"), "");
    const auto report = check();
    EXPECT_EQ(report.bad, std::nullopt) << "the records hold";
    ASSERT_TRUE(report.bad_node);
    EXPECT_EQ(report.first_bad_seq(), 112U);
    EXPECT_NE(report.why.find("records 112 to 127 (tree_nodes: level 4, index 7)"), std::string::npos) << report.why;
    EXPECT_TRUE(verify_ledger(*store, &openssl_digest::sha256)->whole()) << "of the records alone";
}

TEST_F(Tampering, ADeletedRowIsNamed) {
    EXPECT_EQ(after("DELETE FROM records WHERE seq = 50"), (BadRecord{50, Fault::Missing}));
}

TEST_F(Tampering, TwoSwappedRowsAreNamed) {
    EXPECT_EQ(after("UPDATE records SET seq = 100000 WHERE seq = 31; UPDATE records SET seq = 31 WHERE seq = 90;"
                    "UPDATE records SET seq = 90 WHERE seq = 100000"),
              (BadRecord{31, Fault::Swapped}));
}

TEST_F(Tampering, ARemovedTailIsNamedOnlyAgainstARememberedHead) {
    EXPECT_EQ(after("DELETE FROM records WHERE seq >= 150"), std::nullopt);
    const auto store = SqliteLedgerStore::open(path);
    EXPECT_EQ(verify_ledger(**store, &openssl_digest::sha256, {}, head)->bad, (BadRecord{150, Fault::Missing}));
}

TEST_F(Tampering, ARowOfANewerFormatIsSaidToBeOne) {
    EXPECT_EQ(by_hand(std::string(kDropTriggers) + "UPDATE records SET v = 2 WHERE seq = 9"), "");
    const auto store = SqliteLedgerStore::open(path);
    const auto report = verify_ledger(**store, &openssl_digest::sha256);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, Code::Unimplemented);
    EXPECT_EQ(report.error().where, "seq 9");
}

TEST_F(Tampering, ATruncatedFileIsRefusedAndNamed) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2 / 4096 * 4096);
    const auto refused = SqliteLedgerStore::open(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss);
    EXPECT_EQ(refused.error().where, path);
}

TEST_F(Tampering, AnOverwrittenPageIsRefusedAndNamed) {
    const auto pages = std::filesystem::file_size(path) / 4096;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(pages / 2 * 4096));
    file << std::string(4096, '\xA5');
    file.close();
    const auto refused = SqliteLedgerStore::open(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::DataLoss);
    EXPECT_EQ(refused.error().where, path);
}

TEST_F(Tampering, AnOverwrittenHeaderIsRefused) {
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "not a database at all";
    EXPECT_EQ(SqliteLedgerStore::open(path).error().code, Code::DataLoss);
}

TEST_F(Tampering, ANewerSchemaIsRefusedWithWhatToDo) {
    EXPECT_EQ(by_hand("PRAGMA user_version = 999"), "");
    const auto refused = SqliteLedgerStore::open(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::PreconditionFailed);
    EXPECT_FALSE(refused.error().mend.empty());
}

TEST_F(Tampering, AnotherProgramsDatabaseIsRefusedUntouched) {
    path = folder.file("foreign.sqlite");
    EXPECT_EQ(by_hand("CREATE TABLE theirs (x)"), "");
    EXPECT_EQ(SqliteLedgerStore::open(path).error().code, Code::PreconditionFailed);
    EXPECT_EQ(by_hand("SELECT x FROM theirs"), "");
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST(OpeningALedger, SaysWhatIsWrongWithThePath) {
    const TempFolder folder;
    const auto refused = SqliteLedgerStore::open(folder.file("no/such/folder/l.sqlite"));
    EXPECT_EQ(refused.error().code, Code::Unavailable);
    EXPECT_EQ(SqliteLedgerStore::open("").error().code, Code::InvalidArgument);
    EXPECT_EQ(SqliteLedgerStore::open(":memory:").error().code, Code::InvalidArgument);
}

TEST(OpeningALedger, ManyAtOnceOnANewFileAllSucceed) {
    const TempFolder folder;
    for (int round = 0; round < 20; ++round) {
        const std::string path = folder.file("new-" + std::to_string(round) + ".sqlite");
        std::vector<std::string> failures(6);
        {
            std::vector<std::jthread> threads;
            for (auto& failure : failures)
                threads.emplace_back([&] {
                    const auto store = SqliteLedgerStore::open(path);
                    if (!store) failure = store.error().message;
                });
        }
        ASSERT_EQ(failures, std::vector<std::string>(6));
    }
}

}  // namespace
}  // namespace helix::ledger
