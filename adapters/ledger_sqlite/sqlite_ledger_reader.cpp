#include "adapters/ledger_sqlite/sqlite_ledger_reader.hpp"

#include <cstdlib>
#include <filesystem>

#include <sys/stat.h>

#include "adapters/ledger_sqlite/migrations.hpp"
#include "adapters/ledger_sqlite/rows.hpp"
#include "adapters/real_path/real_path.hpp"
#include "service/ports/ledger_store.hpp"

namespace helix::ledger_sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr std::int64_t kPage = 512;
constexpr int kSchemaWithSignatures = 2;

/// `path` as SQLite's URI; what has a meaning there is escaped.
std::string uri_of(const std::string& path, const char* query) {
    std::string uri = "file:";
    for (const char c : std::filesystem::absolute(path).string()) {
        if (c == '%' || c == '?' || c == '#')
            uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
        else
            uri += c;
    }
    return uri + query;
}

}  // namespace

Result<SqliteLedgerReader::Stillness> SqliteLedgerReader::look_at(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return error(Code::NotFound, "no ledger file " + path, "check the path", path);
    return Stillness{status.st_size, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<std::unique_ptr<SqliteLedgerReader>> SqliteLedgerReader::open(const std::string& where) {
    const std::string path = real_path::real_path(where);  // a service that has it open keeps its WAL beside that
    const auto still = look_at(path);
    if (!still) return still.error();
    std::error_code ignored;
    const bool has_wal = std::filesystem::exists(path + "-wal", ignored);
    auto connection =
        Connection::open_uri(uri_of(path, has_wal ? "?mode=ro" : "?mode=ro&immutable=1"), path, kBusyTimeoutMs);
    if (!connection) return connection.error();
    auto reader = std::unique_ptr<SqliteLedgerReader>(
        new SqliteLedgerReader(*std::move(connection), path, has_wal ? std::nullopt : std::optional(*still)));
    if (auto prepared = reader->prepare(); !prepared) {
        if (has_wal && prepared.error().code == Code::Unavailable)
            return error(Code::Unavailable, prepared.error().message,
                         "copy the file together with its -wal to a folder that you may write, and read it there",
                         path);
        return prepared.error();
    }
    return reader;
}

Result<void> SqliteLedgerReader::prepare() {
    if (auto ours = refuse_foreign(connection_); !ours) return ours;
    const auto version_text = connection_.value("PRAGMA user_version");
    if (!version_text) return version_text.error();
    const auto version = std::strtol(version_text->c_str(), nullptr, 10);
    if (version > all_migrations().back().version)
        return error(Code::Unimplemented,
                     "ledger " + path_ + ": its schema is version " + *version_text + ", this program knows " +
                         std::to_string(all_migrations().back().version),
                     "read it with the newer helix that wrote it", path_);
    if (version == 0)
        return error(Code::PreconditionFailed, "the file is an empty database, no ledger", "check the path", path_);
    std::string columns = kColumns;
    if (version < kSchemaWithSignatures) {
        const std::string added = "key_id, signature";
        columns.replace(columns.find(added), added.size(), "NULL, NULL");
    }
    auto page = connection_.prepare("SELECT " + columns + " FROM records WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
    if (!page) return page.error();
    page_ = *std::move(page);
    if (version < kSchemaWithSignatures) return {};  // nor had it a tree
    auto nodes =
        connection_.prepare("SELECT idx, hash FROM tree_nodes WHERE level = ?1 AND idx >= ?2 ORDER BY idx LIMIT ?3");
    if (!nodes) return nodes.error();
    nodes_ = *std::move(nodes);
    has_nodes_ = true;
    return {};
}

Result<void> SqliteLedgerReader::still_as_it_was() const {
    if (!still_) return {};
    const auto now = look_at(path_);
    std::error_code ignored;
    if (now && *now == *still_ && !std::filesystem::exists(path_ + "-wal", ignored)) return {};
    return error(Code::Unavailable, "the ledger file was written while it was read", "ask again", path_);
}

Result<std::optional<std::uint64_t>> SqliteLedgerReader::last_seq() {
    const auto seq = connection_.value("SELECT max(seq) FROM records");
    if (!seq) return seq.error();
    if (seq->empty()) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(std::strtoull(seq->c_str(), nullptr, 10));
}

Result<void> SqliteLedgerReader::scan(std::uint64_t from_seq, const Visitor& visit) {
    ledger::Record record;
    // Page by page, each its own short transaction: a long one would keep the WAL from being emptied.
    for (std::uint64_t next = from_seq; next <= ports::kSeqMax;) {
        const ResetAtEnd reset(page_);
        const std::uint64_t page_begin = next;
        page_.bind(1, static_cast<std::int64_t>(page_begin));
        page_.bind(2, kPage);
        std::int64_t rows = 0;
        int code = page_.step();
        for (; code == SQLITE_ROW; code = page_.step(), ++rows) {
            if (auto read = read_record(page_, record); !read) return read;
            next = record.seq + 1;
            if (!visit(ports::FoundRecord{record})) return still_as_it_was();
        }
        if (code != SQLITE_DONE) {
            const Error failure = connection_.last_error("reading");
            const auto still = still_as_it_was();
            return still ? failure : still.error();
        }
        if (auto still = still_as_it_was(); !still) return still;
        if (rows < kPage) return {};
        if (next <= page_begin) return rows_out_of_order(path_);
    }
    return {};
}

Result<std::vector<ports::KeptNode>> SqliteLedgerReader::kept_nodes(unsigned level, std::uint64_t from) {
    std::vector<ports::KeptNode> kept;
    if (!has_nodes_ || from > ports::kSeqMax) return kept;
    const ResetAtEnd reset(nodes_);
    nodes_.bind(1, std::int64_t{level});
    nodes_.bind(2, static_cast<std::int64_t>(from));
    nodes_.bind(3, kPage);
    int code = nodes_.step();
    for (; code == SQLITE_ROW; code = nodes_.step()) {
        ports::KeptNode& node = kept.emplace_back();
        node.index = static_cast<std::uint64_t>(nodes_.integer(0));
        read_digest(nodes_.bytes(1), node.hash);
    }
    if (code != SQLITE_DONE) return connection_.last_error("reading tree nodes");
    return kept;
}

}  // namespace helix::ledger_sqlite
