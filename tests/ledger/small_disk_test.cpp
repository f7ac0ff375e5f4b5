// The disk under a SQLite ledger fills up while it is written, and is given room again; or cannot be written at all.
// Needs to mount a small tmpfs.
#include "tests/ledger/small_disk.hpp"

#include <gtest/gtest.h>

#include "adapters/ledger_sqlite/sqlite_ledger_reader.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"

namespace helix::ledger {
namespace {

using ledger_sqlite::SqliteLedgerReader;
using ledger_sqlite::SqliteLedgerStore;

class OnASmallDisk : public ::testing::Test {
protected:
    void SetUp() override {
        if (!disk.mounted)
            GTEST_SKIP() << "CANNOT MOUNT A TMPFS HERE (" << disk.why << "): the full disk is not tested";
    }

    Result<Record> append(usecases::LedgerWriter& writer) {
        return writer.append("test.full", "target", "tester", R"({"filler":")" + std::string(1200, 'x') + "\"}");
    }

    const SmallDisk disk;
    const std::string path = disk.path + "/ledger.sqlite";
    const system::SystemClock clock;
    system::UlidSource ids{clock};
};

TEST_F(OnASmallDisk, WhenItIsFullWritesAreRefusedReadsGoOnAndRoomIsEnoughToRecover) {
    const auto store = *SqliteLedgerStore::open(path);
    usecases::LedgerWriter writer(*store, clock, ids, &openssl_digest::sha256);
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i, ++acknowledged) ASSERT_TRUE(append(writer).ok()) << "round " << round;
        disk.fill();
        Result<Record> told = append(writer);
        for (; told && acknowledged < 10'000; told = append(writer))
            ++acknowledged;  // what was allocated takes some more
        ASSERT_FALSE(told.ok()) << "the disk did not fill up";
        EXPECT_EQ(told.error().code, Code::Unavailable) << told.error().message;
        EXPECT_NE(told.error().message.find("full"), std::string::npos) << told.error().message;
        EXPECT_EQ((*store->head())->seq + 1, acknowledged) << "refused, and yet there";
        EXPECT_TRUE(store->read(acknowledged - 1).ok());
        EXPECT_EQ(store->list({})->size(), std::min<std::uint64_t>(acknowledged, 100));
        disk.make_room();
    }
    EXPECT_TRUE(append(writer).ok());
    const auto report = usecases::verify_ledger(*store, &openssl_digest::sha256);
    EXPECT_TRUE(report->whole()) << report->why;
    EXPECT_EQ(report->records, acknowledged + 1);
}

TEST_F(OnASmallDisk, WhenItCannotBeWrittenTheLedgerIsNotOpenedForWritingAndIsStillRead) {
    {
        const auto store = *SqliteLedgerStore::open(path);
        usecases::LedgerWriter writer(*store, clock, ids, &openssl_digest::sha256);
        for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(writer).ok());
    }
    ASSERT_TRUE(disk.set_read_only(true));
    const auto refused = SqliteLedgerStore::open(path);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::Unavailable) << refused.error().message;
    EXPECT_NE((refused.error().message + refused.error().where).find(path), std::string::npos)
        << refused.error().message;
    const auto reader = SqliteLedgerReader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ(usecases::verify_records(**reader, &openssl_digest::sha256)->records, 5U);
    ASSERT_TRUE(disk.set_read_only(false));
    const auto store = SqliteLedgerStore::open(path);
    ASSERT_TRUE(store.ok()) << store.error().message;
    usecases::LedgerWriter writer(**store, clock, ids, &openssl_digest::sha256);
    EXPECT_TRUE(append(writer).ok());
}

}  // namespace
}  // namespace helix::ledger
