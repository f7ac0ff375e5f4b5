// The disk under the ledger's tables fills up, and is given room again. Needs to mount a small tmpfs.
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/ledger/small_disk.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

using ledger::SmallDisk;

TEST(DiskFull, WritesAreRefusedReadsGoOnAndRoomIsEnoughToRecover) {
    const SmallDisk disk;
    if (!disk.mounted) GTEST_SKIP() << "CANNOT MOUNT A TMPFS HERE (" << disk.why << "): the full disk is not tested";
    std::filesystem::permissions(disk.folder.file("."), std::filesystem::perms::all);
    const std::string space = disk.path + "/space";
    std::filesystem::create_directory(space);
    const auto who = test_support::unprivileged();
    if (who.user != 0) {
        ASSERT_EQ(chown(space.c_str(), who.user, who.group), 0);
    }
    const auto server = test_support::PostgresServer::start();
    server->sql("CREATE TABLESPACE small LOCATION '" + space + "'");
    server->sql("ALTER ROLE postgres SET default_tablespace = small");
    const auto store = *PostgresLedgerStore::open(server->url());

    const auto big_after = [](const std::optional<ledger::Head>& head) {
        auto record = ledger::sample_after(head);
        record.body = "{\"filler\":\"";
        // Text that does not compress: a row of it takes its pages.
        for (std::uint64_t x = record.seq + 1; record.body.size() < 1200;
             x = x * 6364136223846793005U + 1442695040888963407U)
            record.body += static_cast<char>('a' + (x >> 60U));
        record.body += "\"}";
        ledger::seal_sample(record, head);
        return record;
    };
    std::optional<ledger::Head> head;
    const auto append = [&] {
        const auto record = big_after(head);
        auto done = store->append(record);
        if (done) head = ledger::Head{record.seq, record.hash};
        return done;
    };
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append().ok());
    disk.fill();
    Result<void> told;
    for (int i = 0; i < 5000 && told; ++i) told = append();  // pages that were allocated already take some more
    ASSERT_FALSE(told.ok()) << "the disk did not fill up";
    EXPECT_EQ(told.error().code, Code::Unavailable) << told.error().message;
    EXPECT_NE(told.error().mend.find("full"), std::string::npos);
    EXPECT_EQ(*store->head(), head);
    EXPECT_TRUE(store->read(0).ok());

    disk.make_room();
    EXPECT_TRUE(append().ok());
    EXPECT_EQ(*store->head(), head);
}

}  // namespace
}  // namespace helix::ledger_postgres
