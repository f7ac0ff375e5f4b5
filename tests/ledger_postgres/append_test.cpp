// The one statement of each shape of a commit. The store would hide one that the server refuses: it would go on in
// steps.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_postgres/rows.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

using postgres::Session;
using test_support::PostgresServer;

struct Shape {
    std::size_t records = 1;
    bool fenced = false;
    bool named = false;
};

class OneStatement : public testing::TestWithParam<Shape> {
protected:
    void SetUp() override {
        PostgresServer& server = PostgresServer::shared();
        server.sql("DROP SCHEMA IF EXISTS shapes CASCADE; CREATE SCHEMA shapes");
        auto opened = PostgresLedgerStore::open(server.url("postgres", "shapes"));
        ASSERT_TRUE(opened.ok()) << opened.error().message;
        store = *std::move(opened);
        const auto chain = ledger::sample_chain(1 + GetParam().records);
        ASSERT_TRUE(store->append(chain[0]).ok());
        for (std::size_t i = 1; i < chain.size(); ++i) {
            ports::Entry entry{chain[i]};
            if (i == 1) entry.record.signature = ledger::Signature{"key", {7, 8, 9}};
            if (GetParam().named) entry.names = {"first of " + std::to_string(i), "second of " + std::to_string(i)};
            entries.push_back(std::move(entry));
        }
    }

    /// What the statement says of itself, run by itself.
    bool run(const std::optional<ports::Fence>& fence) {
        const auto done = store->pool()->read(
            "appending", [&](Session& session) -> Result<bool> { return append(session, entries, fence); });
        EXPECT_TRUE(done.ok()) << done.error().message;
        return done.ok() && *done;
    }

    void expect_all_there() {
        for (const ports::Entry& entry : entries) {
            const auto there = store->read(entry.record.seq);
            ASSERT_TRUE(there.ok());
            EXPECT_EQ(ledger::as_tuple(*there), ledger::as_tuple(entry.record));
            for (const std::string& name : entry.names) EXPECT_EQ(*store->find(name), entry.record.seq) << name;
        }
    }

    std::unique_ptr<PostgresLedgerStore> store;
    std::vector<ports::Entry> entries;
};

TEST_P(OneStatement, DoesItAllOrNothing) {
    if (!GetParam().fenced) {
        EXPECT_TRUE(run({}));
        return expect_all_there();
    }
    const auto lease = store->acquire("helix", "one", std::chrono::seconds(60));
    ASSERT_TRUE(lease.ok());
    EXPECT_FALSE(run(ports::Fence{"helix", lease->epoch + 1}));
    EXPECT_FALSE(run(ports::Fence{"another", lease->epoch}));
    EXPECT_EQ((*store->head())->seq, 0U);
    for (const std::string& name : entries.front().names) EXPECT_EQ(*store->find(name), std::nullopt);
    EXPECT_TRUE(run(ports::Fence{"helix", lease->epoch}));
    expect_all_there();
}

std::string shape_name(const testing::TestParamInfo<Shape>& shape) {
    return std::string(shape.param.records > 1 ? "Many" : "One") + (shape.param.fenced ? "Fenced" : "") +
           (shape.param.named ? "Named" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, OneStatement,
                         testing::Values(Shape{1, false, false}, Shape{1, false, true}, Shape{1, true, false},
                                         Shape{1, true, true}, Shape{3, false, false}, Shape{3, false, true},
                                         Shape{3, true, false}, Shape{3, true, true}),
                         shape_name);

}  // namespace
}  // namespace helix::ledger_postgres
