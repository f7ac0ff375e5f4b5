#include "service/app/open_ledger.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "adapters/ledger_file/export_file.hpp"
#include "adapters/ledger_git/git_reader.hpp"
#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_reader.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/postgres/conninfo.hpp"
#include "service/usecases/store_source.hpp"

namespace helix::app {
namespace {

using Source = Result<std::unique_ptr<ports::RecordSource>>;

constexpr std::string_view kSqliteMagic("SQLite format 3", 16);  // the NUL belongs to it

bool is_sqlite(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, kSqliteMagic.size()> begin{};
    file.read(begin.data(), begin.size());
    return file && std::string_view(begin.data(), begin.size()) == kSqliteMagic;
}

/// A store that nobody else needs, as a source.
class OwnedStore final : public ports::RecordSource {
public:
    explicit OwnedStore(std::unique_ptr<ledger_postgres::PostgresLedgerStore> store)
        : store_(std::move(store)), source_(*store_, store_.get()) {}
    Result<std::optional<std::uint64_t>> last_seq() override { return source_.last_seq(); }
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override { return source_.scan(from_seq, visit); }
    Result<std::vector<ports::KeptNode>> kept_nodes(unsigned level, std::uint64_t from) override {
        return source_.kept_nodes(level, from);
    }

private:
    std::unique_ptr<ledger_postgres::PostgresLedgerStore> store_;
    usecases::StoreSource source_;
};

Source open_postgres(const std::string& url) {
    ledger_postgres::Options options;
    options.read_only = true;
    auto store = ledger_postgres::PostgresLedgerStore::open(url, options);
    if (!store) return std::move(store).error();
    return Source(std::make_unique<OwnedStore>(*std::move(store)));
}

}  // namespace

Source open_ledger(const std::string& where) {
    if (postgres::is_postgres_url(where)) return open_postgres(where);
    std::error_code ignored;
    if (std::filesystem::is_directory(where, ignored)) return open_git_ledger(where);
    const bool database = where != "-" && std::filesystem::is_regular_file(where, ignored) && is_sqlite(where);
    if (database) return as_port<ports::RecordSource>(ledger_sqlite::SqliteLedgerReader::open(where));
    return as_port<ports::RecordSource>(ledger_file::ExportFile::open(where));
}

Source open_git_ledger(const std::string& folder) {
    return as_port<ports::RecordSource>(ledger_git::GitReader::open(folder, openssl_digest::sha256));
}

}  // namespace helix::app
