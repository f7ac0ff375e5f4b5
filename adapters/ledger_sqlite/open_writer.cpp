#include "adapters/ledger_sqlite/open_writer.hpp"

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include <sys/stat.h>

#include "adapters/ledger_sqlite/migrations.hpp"

namespace helix::ledger_sqlite {
namespace {

Error damaged(const Connection& connection, const std::string& finding) {
    return error(Code::DataLoss, "ledger " + connection.path() + " is damaged: " + finding,
                 "restore the file from a backup; keep the damaged one for examination", connection.path());
}

Result<std::int64_t> size_bytes(Connection& connection) {
    auto size = connection.value("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    if (!size) return size.error();
    return std::int64_t{std::strtoll(size->c_str(), nullptr, 10)};
}

Result<void> examine(Connection& connection, const Options& options) {
    const auto size = size_bytes(connection);  // a file shorter than its header says fails here already
    if (!size) return size.error();
    if (options.check == Options::Check::Bounded && *size > options.check_bytes_max) return {};
    auto finding = connection.value("PRAGMA quick_check(1)");
    if (!finding) return finding.error();
    if (*finding != "ok") return damaged(connection, *finding);
    return {};
}

/// Reads both ends of the log, every column: where an over-long file is still looked at when it is too big to check.
Result<void> touch_ends(Connection& connection) {
    for (const char* end : {"ASC", "DESC"}) {
        const std::string sql =
            std::string("SELECT hash || body || kind FROM records ORDER BY seq ") + end + " LIMIT 1";
        if (auto row = connection.value(sql); !row) return row.error();
    }
    return {};
}

/// Switching a new file to WAL fails at once, without waiting, while another process does the same: wait here.
Result<void> switch_to_wal(Connection& connection, int busy_timeout_ms) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
    while (true) {
        auto mode = connection.value("PRAGMA journal_mode = WAL");
        if (mode && *mode == "wal") return connection.execute("PRAGMA synchronous = FULL");
        if (mode)
            return error(Code::Unavailable, "ledger " + connection.path() + ": the file system cannot hold a WAL",
                         "put the ledger on a local disk", connection.path());
        if (mode.error().code != Code::Unavailable || std::chrono::steady_clock::now() > deadline) return mode.error();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

/// Makes a file that is missing readable by its owner alone; the library gives its -wal and -shm the same mode. By
/// itself it would make it 0644, for everybody to read what the service shows by role. An error is the library's to
/// tell.
void make_private(const std::string& path) {
    // Without opening it: closing a second descriptor would drop the locks that this process has on the file.
    ::mknod(path.c_str(), S_IFREG | 0600, 0);
}

}  // namespace

Result<Connection> open_writer(const std::string& path, const Options& options) {
    if (path.empty() || path == ":memory:")
        return error(Code::InvalidArgument, "the ledger needs a file of its own", "name a path");
    make_private(path);
    auto connection = Connection::open(path, Connection::Mode::Writer, options.busy_timeout_ms);
    if (!connection) return connection;
    auto done = refuse_foreign(*connection);
    if (done) done = examine(*connection, options);
    if (done) done = switch_to_wal(*connection, options.busy_timeout_ms);
    if (done) done = migrate(*connection, all_migrations());
    if (done) done = touch_ends(*connection);
    if (!done) return done.error();
    return connection;
}

}  // namespace helix::ledger_sqlite
