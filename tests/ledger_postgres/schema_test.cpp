// What the database itself keeps, whoever connects: migrations, the rule of the log, the rights of the service's role.
#include <cctype>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "adapters/ledger_postgres/migrations.hpp"
#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/postgres/errors.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/support/postgres_server.hpp"

namespace helix::ledger_postgres {
namespace {

using test_support::PostgresServer;

/// Each test has a schema of its own, which the role helix_owner owns and helix_service may use.
class Schema : public testing::Test {
protected:
    void SetUp() override {
        static const bool roles = [] {
            PostgresServer::shared().sql("CREATE ROLE helix_owner LOGIN; CREATE ROLE helix_service LOGIN");
            return true;
        }();
        ASSERT_TRUE(roles);
        std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        schema = name;
        server.sql("CREATE SCHEMA " + schema + " AUTHORIZATION helix_owner");
    }

    [[nodiscard]] std::string url(const std::string& role) const { return server.url(role, schema); }

    /// The SQLSTATE with which the server refuses `sql`; "" when it does not.
    [[nodiscard]] std::string refusal(const std::string& role, const std::string& sql) const {
        pqxx::connection connection(url(role));
        try {
            pqxx::nontransaction(connection).exec(sql);
            return "";
        } catch (const pqxx::sql_error& failure) {
            return postgres::sqlstate_of(failure);
        }
    }

    [[nodiscard]] int value(const std::string& sql) const {
        pqxx::connection connection(url("postgres"));
        return pqxx::nontransaction(connection).exec(sql)[0][0].as<int>();
    }

    PostgresServer& server = PostgresServer::shared();
    std::string schema;
};

constexpr const char* kInsufficientPrivilege = "42501";

TEST_F(Schema, AllMigrationsApplyToAnEmptyDatabaseOnce) {
    std::vector<std::unique_ptr<PostgresLedgerStore>> stores(4);
    {
        std::vector<std::jthread> starters;  // as processes that start at once
        for (auto& store : stores)
            starters.emplace_back([&] {
                auto opened = PostgresLedgerStore::open(url("helix_owner"));
                EXPECT_TRUE(opened.ok()) << opened.error().message;
                if (opened) store = *std::move(opened);
            });
    }
    const auto migrations = all_migrations();
    EXPECT_EQ(value("SELECT count(*) FROM schema_version"), static_cast<int>(migrations.size()));
    EXPECT_EQ(value("SELECT max(version) FROM schema_version"), migrations.back().version);
    ASSERT_TRUE(stores[0]->append_all(ledger::sample_chain(2)).ok());
    EXPECT_EQ((*stores[3]->head())->seq, 1U);
}

TEST_F(Schema, WhoOnlyReadsChangesNothing) {
    Options reading;
    reading.read_only = true;
    const auto tables = [&] {
        return value("SELECT count(*) FROM pg_class WHERE relnamespace = '" + schema + "'::regnamespace");
    };
    const auto empty = PostgresLedgerStore::open(url("helix_owner"), reading);
    ASSERT_FALSE(empty.ok());
    EXPECT_EQ(empty.error().code, Code::PreconditionFailed);
    EXPECT_NE(empty.error().message.find("there is no ledger"), std::string::npos) << empty.error().message;
    EXPECT_EQ(tables(), 0);
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    const auto opened = PostgresLedgerStore::open(url("helix_service"), reading);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(*(*opened)->head(), std::nullopt);
    const int newest = all_migrations().back().version;
    server.sql("UPDATE " + schema + ".schema_version SET version = 99 WHERE version = " + std::to_string(newest));
    EXPECT_EQ(PostgresLedgerStore::open(url("helix_owner"), reading).error().code, Code::Unimplemented);
    server.sql("DELETE FROM " + schema + ".schema_version WHERE version = 99");
    EXPECT_EQ(PostgresLedgerStore::open(url("helix_owner"), reading).error().code, Code::PreconditionFailed);
    EXPECT_EQ(value("SELECT count(*) FROM " + schema + ".schema_version"), newest - 1);
}

TEST_F(Schema, AFailedMigrationLeavesNothingBehind) {
    postgres::Pool pool(*postgres::parse_conninfo(url("helix_owner")));
    std::vector<Migration> broken(all_migrations().begin(), all_migrations().end());
    broken.push_back({static_cast<int>(broken.size()) + 1, "broken", "CREATE TABLE half (n INTEGER); SELECT nothing"});
    EXPECT_FALSE(migrate(pool, broken, "helix_service").ok());
    EXPECT_EQ(value("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), 0);
}

TEST_F(Schema, ANewerSchemaIsRefused) {
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    server.sql("INSERT INTO " + schema + ".schema_version (version, name) VALUES (999, 'from the future')");
    for (const char* role : {"helix_owner", "helix_service"}) {
        const auto refused = PostgresLedgerStore::open(url(role));
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, Code::PreconditionFailed);
        EXPECT_NE(refused.error().message.find("999"), std::string::npos);
    }
}

TEST_F(Schema, AnotherProgramsTablesAreRefused) {
    server.sql("CREATE TABLE " + schema + ".records (song TEXT)");
    EXPECT_EQ(PostgresLedgerStore::open(url("helix_owner")).error().code, Code::PreconditionFailed);
}

TEST_F(Schema, TheServiceRoleDoesNotMakeTheSchemaItself) {
    server.sql("GRANT USAGE ON SCHEMA " + schema + " TO helix_service");
    const auto refused = PostgresLedgerStore::open(url("helix_service"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::PreconditionFailed);
}

TEST_F(Schema, TheServiceRoleAppendsAndReadsAndCanDoNothingElseToRecords) {
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    const auto store = PostgresLedgerStore::open(url("helix_service"));
    ASSERT_TRUE(store.ok()) << store.error().message;
    const auto chain = ledger::sample_chain(3);
    const auto lease = (*store)->acquire("helix", "one", std::chrono::seconds(60));
    ASSERT_TRUE(lease.ok()) << lease.error().message;
    ASSERT_TRUE((*store)->commit(std::vector<ports::Entry>{{chain[0], {"a"}, ports::Fence{"helix", 1}}}).ok());
    ASSERT_TRUE((*store)->append(chain[1]).ok());
    EXPECT_EQ(*(*store)->find("a"), 0U);
    EXPECT_TRUE((*store)->renew(*lease, std::chrono::seconds(60)).ok());

    for (const std::string table : {"records", "record_keys"})
        for (const std::string& sql : {"UPDATE " + table + " SET seq = 7", "DELETE FROM " + table, "TRUNCATE " + table,
                                       "DROP TABLE " + table, "ALTER TABLE " + table + " DISABLE TRIGGER ALL",
                                       "DROP TRIGGER " + table + "_are_not_rewritten ON " + table})
            EXPECT_EQ(refusal("helix_service", sql), kInsufficientPrivilege) << sql;
    EXPECT_EQ(refusal("helix_service", "DELETE FROM leases"), kInsufficientPrivilege);
    EXPECT_EQ(refusal("helix_service", "CREATE TABLE mine (n INTEGER)"), kInsufficientPrivilege);
    EXPECT_EQ(value("SELECT count(*) FROM records"), 2);
}

TEST_F(Schema, EvenItsOwnerCannotRewriteTheLog) {
    const auto store = PostgresLedgerStore::open(url("helix_owner"));
    ASSERT_TRUE(store.ok());
    const auto chain = ledger::sample_chain(4);
    ASSERT_TRUE((*store)->commit(std::vector<ports::Entry>{{chain[0], {"a"}}, {chain[1]}}).ok());
    for (const std::string table : {"records", "record_keys"})
        for (const std::string& sql : {"UPDATE " + table + " SET seq = 7", "DELETE FROM " + table, "TRUNCATE " + table})
            EXPECT_EQ(refusal("helix_owner", sql), "HX002") << sql;
    const auto insert = [&](const ledger::Record& record, const std::string& prev_hash) {
        return "INSERT INTO records SELECT " + std::to_string(record.seq) +
               ", v, id, at_us, kind, target, actor, body, " + prev_hash + ", hash FROM records WHERE seq = 0";
    };
    EXPECT_EQ(refusal("helix_owner", insert(chain[3], "hash")), "HX001");       // a gap
    EXPECT_EQ(refusal("helix_owner", insert(chain[2], "prev_hash")), "HX001");  // another history
    EXPECT_EQ(refusal("helix_owner", insert(chain[1], "hash")), "23505");       // a seq that is taken
    EXPECT_EQ(value("SELECT count(*) FROM records"), 2);
}

// PostgreSQL looks into pg_temp first unless the path names it: the rule would look for the head in the client's table.
TEST_F(Schema, ATemporaryTableOfTheServiceDoesNotStandInForTheLog) {
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    const std::string a_fake_head =
        "CREATE TEMP TABLE records (seq bigint, hash bytea);"
        "INSERT INTO pg_temp.records VALUES (999, decode(repeat('11', 32), 'hex'));";
    const auto insert = [&](const std::string& seq) {
        return "INSERT INTO " + schema + ".records (seq, v, id, at_us, kind, target, actor, body, prev_hash, hash)" +
               " VALUES (" + seq +
               ", 1, 'x', 0, 'k', '', 'a', '{}', decode(repeat('11', 32), 'hex'),"
               " decode(repeat('22', 32), 'hex'))";
    };
    EXPECT_EQ(refusal("helix_service", a_fake_head + insert("1000")), "HX001");
    EXPECT_EQ(refusal("helix_service", a_fake_head + "INSERT INTO " + schema + ".record_keys VALUES ('n', 999)"),
              "HX003");
    EXPECT_EQ(value("SELECT count(*) FROM records"), 0);
    // Every rule that reads a table reads the schema's, also in a ledger that an earlier version made.
    EXPECT_EQ(value("SELECT count(*) FROM pg_proc WHERE pronamespace = '" + schema +
                    "'::regnamespace AND proconfig <> ARRAY['search_path=" + schema + ", pg_temp']"),
              0);
    EXPECT_EQ(value("SELECT count(*) FROM pg_proc WHERE pronamespace = '" + schema +
                    "'::regnamespace AND proconfig IS NOT NULL"),
              2);
}

TEST_F(Schema, ANameIsGivenOnlyInTheTransactionOfItsRecord) {
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    const auto store = PostgresLedgerStore::open(url("helix_service"));
    ASSERT_TRUE(store.ok()) << store.error().message;
    const auto chain = ledger::sample_chain(3);
    ASSERT_TRUE((*store)->commit(std::vector<ports::Entry>{{chain[0], {"a"}}, {chain[1], {"b", "c"}}}).ok());
    const auto name = [](const std::string& value, int seq) {
        return "INSERT INTO record_keys VALUES ('" + value + "', " + std::to_string(seq) + ");";
    };
    for (const int seq : {0, 1, 2, 555555})
        for (const char* role : {"helix_service", "helix_owner"})
            EXPECT_EQ(refusal(role, name("event:s victim", seq)), "HX003") << seq;
    EXPECT_EQ(refusal("helix_service", "COPY record_keys FROM PROGRAM 'echo'"), kInsufficientPrivilege);
    const std::string next =
        "INSERT INTO records SELECT 2, v, id, at_us, kind, target, actor, body, hash, decode(repeat('22', 32), 'hex')"
        " FROM records WHERE seq = 1;";
    // Beside a record of its own, too, none goes to an older one; and none comes before its record.
    EXPECT_EQ(refusal("helix_service", "BEGIN;" + next + name("victim", 1) + "COMMIT"), "HX003");
    EXPECT_EQ(refusal("helix_service", "BEGIN;" + name("victim", 2) + next + "COMMIT"), "HX003");
    EXPECT_EQ(value("SELECT count(*) FROM records"), 2);
    EXPECT_EQ(value("SELECT count(*) FROM record_keys"), 3);
    EXPECT_EQ(refusal("helix_service", "BEGIN;" + next + name("its own", 2) + "COMMIT"), "");
    EXPECT_EQ(*(*store)->find("its own"), 2U);
}

TEST_F(Schema, TheRulesReachALedgerOfAnEarlierVersion) {
    {
        postgres::Pool pool(*postgres::parse_conninfo(url("helix_owner")));
        ASSERT_TRUE(migrate(pool, all_migrations().first(2), "helix_service").ok());
    }
    server.sql("ALTER FUNCTION " + schema + ".records_continue_the_head() SET search_path = " + schema);  // as it was
    EXPECT_EQ(refusal("helix_service", "INSERT INTO record_keys VALUES ('n', 7)"), "");
    ASSERT_TRUE(PostgresLedgerStore::open(url("helix_owner")).ok());
    EXPECT_EQ(value("SELECT count(*) FROM pg_proc WHERE pronamespace = '" + schema +
                    "'::regnamespace AND proconfig = ARRAY['search_path=" + schema + "']"),
              0);
    EXPECT_EQ(refusal("helix_service", "INSERT INTO record_keys VALUES ('m', 7)"), "HX003");
}

TEST_F(Schema, AVersionThatNeverWasIsFoundByVerify) {
    const auto store = PostgresLedgerStore::open(url("helix_owner"));
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->append_all(ledger::sample_chain(3)).ok());
    for (const char* version : {"0", "-7"}) {
        server.sql("ALTER TABLE " + schema + ".records DISABLE TRIGGER ALL; UPDATE " + schema +
                   ".records SET v = " + version + " WHERE seq = 1");
        const auto record = (*store)->read(1);
        ASSERT_TRUE(record.ok()) << record.error().message;
        auto sealed = *record;
        ASSERT_TRUE(openssl_digest::seal(sealed, record->prev_hash).ok());
        EXPECT_NE(sealed.hash, record->hash) << version;
    }
}

TEST_F(Schema, ALastRowAtTheGreatestSeqIsReadOnce) {
    const auto store = PostgresLedgerStore::open(url("helix_owner"));
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->append_all(ledger::sample_chain(1)).ok());
    server.sql("ALTER TABLE " + schema + ".records DISABLE TRIGGER ALL; INSERT INTO " + schema +
               ".records SELECT CASE n WHEN 511 THEN 9223372036854775807 ELSE n END, v, id, at_us, kind, target, actor,"
               " body, prev_hash, hash FROM " +
               schema + ".records, generate_series(1, 511) AS n WHERE seq = 0");
    std::uint64_t rows = 0;
    ASSERT_TRUE((*store)->scan(0, [&](const ledger::Record&) { return ++rows < 2000; }).ok());
    EXPECT_EQ(rows, 512U);
    const std::uint64_t past = ports::kSeqMax + 1;
    EXPECT_EQ((*store)->read(past).error().code, Code::NotFound);
    EXPECT_TRUE((*store)->list({.from_seq = past})->empty());
    EXPECT_TRUE((*store)->hashes(past, 1)->empty());
}

TEST_F(Schema, WhatPostgresqlCannotHoldIsRefusedAndSaid) {
    const auto store = PostgresLedgerStore::open(url("helix_owner"));
    ASSERT_TRUE(store.ok());
    for (const std::string& target : {std::string("a\0b", 3), std::string("\xFF\xFE")}) {
        auto record = ledger::sample_after(std::nullopt);
        record.target = target;
        EXPECT_EQ((*store)->append(record).error().code, Code::InvalidArgument);
    }
    // A name may be any bytes, and longer than an index entry.
    const auto chain = ledger::sample_chain(1);
    std::string name(ports::Entry::kNameBytesMax, '\xFF');
    for (std::size_t i = 0; i < name.size(); ++i) name[i] = static_cast<char>(i * 7919 % 251);
    ASSERT_TRUE((*store)->commit(std::vector<ports::Entry>{{chain[0], {name}}}).ok());
    EXPECT_EQ(*(*store)->find(name), 0U);
}

}  // namespace
}  // namespace helix::ledger_postgres
