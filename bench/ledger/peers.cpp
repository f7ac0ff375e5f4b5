#include "bench/ledger/peers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include <sqlite3.h>
#include <unistd.h>

#include "adapters/openssl_digest/sha256.hpp"

namespace helix::bench {
namespace {

namespace fs = std::filesystem;

/// Runs a command and gives what it printed.
std::string output_of(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    require(pipe != nullptr, command);
    std::string text;
    std::array<char, 4096> part{};
    for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) text.append(part.data(), got);
    require(pclose(pipe) == 0, command);
    return text;
}

/// The number behind `key` in `text`.
double number_after(const std::string& text, const std::string& key) {
    const auto at = text.find(key);
    require(at != std::string::npos, "reading \"" + key + "\" in: " + text);
    return std::strtod(text.c_str() + at + key.size(), nullptr);
}

struct ProcessTimes {
    long parent = 0;
    double own_s = 0, reaped_s = 0;
};

/// From /proc/PID/stat; all zeros for a process that is gone. Fields are counted from behind the name in brackets.
ProcessTimes times_of(const fs::path& folder) {
    std::ifstream file(folder / "stat");
    std::string line;
    std::getline(file, line);
    const auto bracket = line.rfind(')');
    if (bracket == std::string::npos) return {};
    std::istringstream rest(line.substr(bracket + 1));
    const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
    if (fields.size() < 15) return {};
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto sum = [&](std::size_t i) { return (std::stod(fields[i]) + std::stod(fields[i + 1])) / ticks; };
    return {std::stol(fields[1]), sum(11), sum(13)};
}

/// Processor time of each child, by its id.
std::map<std::string, double> children_of(long parent) {
    std::map<std::string, double> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (const ProcessTimes times = times_of(entry.path()); times.parent == parent) found[name] = times.own_s;
    }
    return found;
}

}  // namespace

Row measure_plain_sqlite(const std::string& path, double seconds) {
    sqlite3* db = nullptr;
    require(sqlite3_open(path.c_str(), &db) == SQLITE_OK, "sqlite3_open");
    require(sqlite3_exec(db,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "CREATE TABLE IF NOT EXISTS r (seq INTEGER PRIMARY KEY, v INTEGER, id TEXT, at_us INTEGER,"
                         " kind TEXT, target TEXT, actor TEXT, body TEXT, prev_hash BLOB, hash BLOB) STRICT;"
                         "CREATE INDEX IF NOT EXISTS by_kind ON r (kind);"
                         "CREATE INDEX IF NOT EXISTS by_target ON r (target);",
                         nullptr, nullptr, nullptr) == SQLITE_OK,
            "creating the plain table");
    sqlite3_stmt* insert = nullptr;
    const char* sql =
        "INSERT INTO r (v, id, at_us, kind, target, actor, body, prev_hash, hash) VALUES (1,"
        "'01ARZ3NDEKTSV4RRFFQ69G5FAV', 1700000000000000, 'helix.cycle', 'prod', 'user:zoe', ?1, zeroblob(32), "
        "zeroblob(32))";
    require(sqlite3_prepare_v2(db, sql, -1, &insert, nullptr) == SQLITE_OK, "sqlite3_prepare_v2");
    sqlite3_bind_text(insert, 1, body().data(), static_cast<int>(body().size()), SQLITE_STATIC);
    const Row row = measure(1, seconds, [&] {
        require(sqlite3_step(insert) == SQLITE_DONE, "inserting");
        sqlite3_reset(insert);
    });
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return row;
}

void make_plain_table(const test_support::PostgresServer& server) {
    server.sql(
        "CREATE TABLE plain (seq BIGSERIAL PRIMARY KEY, v INTEGER, id TEXT, at_us BIGINT, kind TEXT COLLATE \"C\","
        " target TEXT COLLATE \"C\", actor TEXT, body TEXT, prev_hash BYTEA, hash BYTEA);"
        " CREATE INDEX ON plain (kind, seq); CREATE INDEX ON plain (target, seq)");
}

Row measure_pgbench(const test_support::PostgresServer& server, const std::string& script_path, int clients,
                    double seconds) {
    std::string quoted;
    for (const char c : body()) quoted += c == ':' ? std::string(": ") : std::string(1, c);  // ":5" is a variable there
    std::ofstream(script_path) << "INSERT INTO plain (v, id, at_us, kind, target, actor, body, prev_hash, hash) VALUES "
                                  "(1, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 1700000000000000, 'helix.cycle', 'prod', 'zoe', '"
                               << quoted << "', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'));\n";
    const double server_before = server_cpu_seconds(server);
    const double client_before = children_cpu_seconds();
    const std::string text =
        output_of("pgbench -n -M prepared -h " + server.socket_folder().string() + " -U postgres -f " + script_path +
                  " -c " + std::to_string(clients) + " -j " + std::to_string(std::min(clients, 2)) + " -T " +
                  std::to_string(static_cast<int>(std::ceil(seconds))) + " postgres 2>&1");
    const double count = number_after(text, "number of transactions actually processed: ");
    Row row;
    row.per_second = number_after(text, "tps = ");
    row.p50_us = number_after(text, "latency average = ") * 1000;
    row.cpu_us = (children_cpu_seconds() - client_before) * 1e6 / count;
    row.server_cpu_us = (server_cpu_seconds(server) - server_before) * 1e6 / count;
    return row;
}

double server_cpu_seconds(const test_support::PostgresServer& server) {
    std::ifstream file(server.socket_folder() / "data" / "postmaster.pid");
    long postmaster = 0;
    file >> postmaster;
    require(postmaster > 0, "finding the server's process");
    // Read again when a process ended meanwhile: its time goes over to the postmaster's, and must count just once.
    while (true) {
        const auto children = children_of(postmaster);
        const ProcessTimes first = times_of(fs::path("/proc") / std::to_string(postmaster));
        const auto again = children_of(postmaster);
        double sum = first.own_s + first.reaped_s;
        for (const auto& [pid, seconds] : children) sum += seconds;
        const auto same = [](const auto& one, const auto& other) { return one.first == other.first; };
        if (std::equal(children.begin(), children.end(), again.begin(), again.end(), same)) return sum;
    }
}

Row measure_sha256(std::size_t bytes, double seconds) {
    const std::string text(bytes, 'x');
    constexpr int kTimes = 1000;
    unsigned used = 0;  // what is computed is looked at, so that it is computed
    Row row = measure(1, seconds, [&] {
        for (int i = 0; i < kTimes; ++i) used += openssl_digest::sha256(text)[0];
    });
    require(used > 0, "SHA-256");
    row.per_second *= kTimes;
    for (double* time : {&row.p50_us, &row.p99_us, &row.cpu_us}) *time /= kTimes;
    return row;
}

Row measure_tessera(const std::string& program, const std::string& folder, int writers, double seconds) {
    const std::string text = output_of(program + " -dir " + folder + " -writers " + std::to_string(writers) +
                                       " -seconds " + std::to_string(seconds) + " 2>/dev/null");
    return {number_after(text, "rate="), number_after(text, "p50_us="), number_after(text, "p99_us="),
            number_after(text, "cpu_us="), 0};
}

}  // namespace helix::bench
