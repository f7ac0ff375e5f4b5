// How fast a ledger is taken out of a SQLite file, and checked outside:
//
//   bench_ledger_export [records] [folder for its files]
//
// A record's body is about a kilobyte, a usual receipt's. The peer of the export file is a plain read of every row,
// that of its verification is SHA-256 over the file's bytes. A commit's cost must not grow with the history: the first
// and the last tenth are timed apart.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "adapters/ledger_file/export_file.hpp"
#include "adapters/ledger_file/export_writer.hpp"
#include "adapters/ledger_git/git_reader.hpp"
#include "adapters/ledger_git/git_writer.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_reader.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "domain/ledger/ulid.hpp"
#include "service/usecases/export_ledger.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "service/wire/record_json.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace {

using helix::openssl_digest::sha256;
using Clock = std::chrono::steady_clock;
namespace ledger = helix::ledger;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class T>
T require(helix::Result<T> result, const char* what) {
    if (result) {
        if constexpr (!std::is_void_v<T>) return *std::move(result);
        return T();
    }
    std::fprintf(stderr, "bench_ledger_export: %s: %s\n", what, result.error().message.c_str());
    std::exit(1);
}

void print_row(const char* what, double count, double seconds, double megabytes) {
    std::printf("%-34s %10.0f /s", what, count / seconds);
    if (megabytes > 0) std::printf(" %8.1f MB/s", megabytes / seconds);
    std::printf("\n");
    std::fflush(stdout);
}

void fill(const std::string& path, std::uint64_t count) {
    const auto store = require(helix::ledger_sqlite::SqliteLedgerStore::open(path), "creating the ledger");
    std::vector<ledger::Record> batch;
    ledger::Digest link{};
    for (std::uint64_t seq = 0; seq < count; ++seq) {
        ledger::Record record;
        record.seq = seq;
        record.id = ledger::encode_ulid(1'700'000'000'000 + seq, ledger::UlidTail{});
        record.at_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(seq);
        record.kind = "helix.cycle";
        record.target = "bench";
        record.actor = "somebody";
        record.body = R"({"n":)" + std::to_string(seq) + R"(,"pad":")";
        for (unsigned i = 0; i < 14; ++i) record.body += ledger::to_hex(link);  // as hard to compress as hashes are
        record.body += R"(","verdict":{"passed":true}})";
        require(helix::wire::seal(record, link, sha256), "sealing");
        link = record.hash;
        batch.push_back(std::move(record));
        if (batch.size() < 5000 && seq + 1 < count) continue;
        require(store->append_all(batch), "filling the ledger");
        batch.clear();
    }
}

void export_to_git(helix::ports::RecordSource& source, const std::string& folder, std::uint64_t count) {
    const auto writer = require(helix::ledger_git::GitWriter::open(folder), "creating the repository");
    const auto begun = Clock::now();
    double first_tenth = 0, before_last_tenth = 0;
    const auto watch = [&](std::uint64_t seq) {
        if (seq + 1 <= count / 10) first_tenth = seconds_since(begun);
        if (seq + 1 <= count - count / 10) before_last_tenth = seconds_since(begun);
        return true;
    };
    require(helix::usecases::export_ledger(source, *writer, sha256, {}, watch), "exporting to git");
    const double all = seconds_since(begun), tenth = static_cast<double>(count) / 10;
    print_row("export to git", static_cast<double>(count), all, 0);
    print_row("  its first tenth", tenth, first_tenth, 0);
    print_row("  its last tenth", tenth, all - before_last_tenth, 0);
}

void verify(helix::ports::RecordSource& source, const char* what, double count, double megabytes) {
    const auto begun = Clock::now();
    const auto report = require(helix::usecases::verify_records(source, sha256), what);
    if (!report.whole()) std::exit(1);
    print_row(what, count, seconds_since(begun), megabytes);
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
    const ledger::TempFolder own;
    const auto at = [&](const char* name) { return argc > 2 ? std::string(argv[2]) + "/" + name : own.file(name); };
    fill(at("ledger.sqlite"), records);
    const auto reader =
        require(helix::ledger_sqlite::SqliteLedgerReader::open(at("ledger.sqlite")), "opening the ledger");
    const auto count = static_cast<double>(records);
    std::printf("%llu records\n", static_cast<unsigned long long>(records));

    auto begun = Clock::now();
    require(reader->scan(0, [](const helix::ports::FoundRecord&) { return true; }), "reading");
    print_row("peer: read every row of SQLite", count, seconds_since(begun), 0);
    begun = Clock::now();
    const auto writer = require(helix::ledger_file::ExportWriter::open(at("ledger.jsonl"), sha256), "exporting");
    require(helix::usecases::export_ledger(*reader, *writer, sha256), "exporting");
    const double export_s = seconds_since(begun);
    const double megabytes = static_cast<double>(std::filesystem::file_size(at("ledger.jsonl"))) / 1e6;
    print_row("export SQLite to a file, synced", count, export_s, megabytes);

    begun = Clock::now();
    std::ifstream file(at("ledger.jsonl"), std::ios::binary);
    std::string piece(1U << 20U, '\0');
    unsigned long long sum = 0;
    while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0)
        sum += sha256(std::string_view(piece).substr(0, static_cast<std::size_t>(file.gcount())))[0];
    print_row(sum > 0 ? "peer: SHA-256 of the file's bytes" : "", count, seconds_since(begun), megabytes);
    const auto exported = require(helix::ledger_file::ExportFile::open(at("ledger.jsonl")), "opening the export");
    verify(*exported, "verify the file", count, megabytes);
    verify(*reader, "verify SQLite", count, megabytes);

    export_to_git(*exported, at("ledger.git"), records);
    const auto repository =
        require(helix::ledger_git::GitReader::open(at("ledger.git"), sha256), "opening the repository");
    verify(*repository, "verify git", count, megabytes);
    return 0;
}
