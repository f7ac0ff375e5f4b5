// A case is read back by the names of its lines: what a line's name leads to must be that line.
#include "service/usecases/court/case_records.hpp"

#include <string>

#include <gtest/gtest.h>

#include "adapters/ledger_memory/memory_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"

namespace helix::court {
namespace {

/// What reading the case "a-trial" back comes to when the name of its first line leads to this record.
Result<void> restored(const std::string& actor, const std::string& body) {
    ledger_memory::MemoryLedgerStore store;
    const system::SystemClock clock;
    system::UlidSource ids(clock);
    usecases::LedgerWriter writer(store, clock, ids, openssl_digest::sha256);
    const auto written =
        writer.append(usecases::LedgerDraft{"trial.opened", "sim", actor, body, {line_name("a-trial", 0)}});
    EXPECT_TRUE(written.ok());
    CaseFile file;
    file.key = "a-trial";
    auto done = CaseRecords(writer, store, "sim").restore(file);
    EXPECT_EQ(file.lines, done ? 1U : 0U);
    return done;
}

TEST(CaseRecords, ReadsBackItsOwnLinesAlone) {
    EXPECT_TRUE(restored(kCourtActor, R"({"case":"a-trial","line":0})").ok());
    for (const char* body : {R"({"case":"another","line":0})", R"({"case":"a-trial","line":1})", "{}"}) {
        const auto refused = restored(kCourtActor, body);
        ASSERT_FALSE(refused.ok()) << body;
        EXPECT_EQ(refused.error().code, Code::DataLoss) << body;
    }
    EXPECT_EQ(restored("somebody", R"({"case":"a-trial","line":0})").error().code, Code::DataLoss);
}

}  // namespace
}  // namespace helix::court
