// What a proof from a long log costs:
//
//   bench_proof [records, default 1000000]
//
// The peer is the naive way: read every record's hash and build the tree over them, then take the path out of it. Both
// read the same SQLite file; the answers are compared.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "domain/ledger/merkle.hpp"
#include "service/usecases/merkle_log.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using helix::ledger::Digest;
using helix::ledger_sqlite::SqliteLedgerStore;
using helix::usecases::MerkleLog;

constexpr helix::ledger::Sha256 kSha = &helix::openssl_digest::sha256;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Ends the program when a step that must work did not.
void require(bool worked, const char* what) {
    if (worked) return;
    std::fprintf(stderr, "bench_proof: %s failed\n", what);
    std::exit(1);
}

/// The tree sees nothing of a record but its hash, so the records are as small as they can be.
void fill(SqliteLedgerStore& store, std::uint64_t records) {
    std::vector<helix::ledger::Record> batch;
    Digest previous{};
    for (std::uint64_t seq = 0; seq < records; ++seq) {
        helix::ledger::Record& record = batch.emplace_back();
        record.seq = seq;
        record.kind = "bench";
        record.body = "{}";
        record.prev_hash = previous;
        record.hash = previous = kSha(std::to_string(seq));
        if (batch.size() < 10'000 && seq + 1 < records) continue;
        require(store.append_all(batch).ok(), "append");
        batch.clear();
    }
}

struct Naive {
    std::vector<Digest> proof;
    Digest root{};
};

/// Every level of the tree from all the leaves, keeping the sibling on each.
Naive naive(SqliteLedgerStore& store, std::uint64_t seq, std::uint64_t size) {
    std::vector<Digest> level = *store.hashes(0, size);
    for (Digest& one : level) one = helix::ledger::leaf_of(one, kSha);
    Naive answer;
    for (std::uint64_t at = seq; level.size() > 1; at /= 2) {
        if (const std::uint64_t sibling = at ^ 1U; sibling < level.size()) answer.proof.push_back(level[sibling]);
        std::vector<Digest> above;
        above.reserve(level.size() / 2 + 1);
        for (std::size_t i = 0; i + 1 < level.size(); i += 2)
            above.push_back(helix::ledger::node_of(level[i], level[i + 1], kSha));
        if (level.size() % 2 == 1) above.push_back(level.back());
        level = std::move(above);
    }
    answer.root = level.front();
    return answer;
}

double percentile(std::vector<double>& sorted, std::size_t percent) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

/// Times `one` for `count` random places; microseconds, sorted.
std::vector<double> measure(std::uint64_t records, int count, const std::function<bool(std::uint64_t)>& one) {
    std::mt19937_64 random(14);
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        const std::uint64_t at = random() % records;
        const auto start = Clock::now();
        require(one(at), "a proof");
        times.push_back(seconds_since(start) * 1e6);
    }
    std::sort(times.begin(), times.end());
    return times;
}

void print(const char* name, std::vector<double> times, double peer_us) {
    const double p50 = percentile(times, 50);
    std::printf("%-44s p50 %9.0f us  p99 %9.0f us  %8.0fx faster\n", name, p50, percentile(times, 99), peer_us / p50);
}

long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t records = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    require(records > 1, "reading the number of records");
    const helix::ledger::TempFolder folder;
    const std::string path = folder.file("ledger.sqlite");
    {
        auto store = SqliteLedgerStore::open(path);
        require(store.ok(), "opening the ledger");
        fill(**store, records);
        const auto start = Clock::now();
        require(MerkleLog(**store, **store, kSha).keep_nodes(records).ok(), "keeping the nodes");
        std::printf("%-44s %.2f s once, in the background (%.2f us a record)\n", "nodes of the whole log",
                    seconds_since(start), seconds_since(start) * 1e6 / static_cast<double>(records));
    }
    const auto opening = Clock::now();
    auto store = SqliteLedgerStore::open(path);
    require(store.ok(), "opening the ledger");
    MerkleLog log(**store, **store, kSha);
    const auto first = Clock::now();
    require(log.inclusion(records / 3, records).ok(), "the first proof");
    std::printf("%-44s %.0f us (opening the file took %.0f ms, its own check of itself)\n",
                "first proof of a new process", seconds_since(first) * 1e6,
                std::chrono::duration<double, std::milli>(first - opening).count());
    auto inclusion = measure(records, 5000, [&](std::uint64_t seq) { return log.inclusion(seq, records).ok(); });
    auto consistency = measure(records, 5000, [&](std::uint64_t from) { return log.consistency(from, records).ok(); });
    auto roots = measure(records, 5000, [&](std::uint64_t) { return log.root(records).ok(); });
    const long ours_kib = peak_kib();

    const auto start = Clock::now();
    const Naive peer = naive(**store, records / 3, records);
    const double peer_us = seconds_since(start) * 1e6;
    const auto ours = log.inclusion(records / 3, records);
    require(ours->proof == peer.proof && ours->root == peer.root, "giving the naive way's proof");

    std::printf("%llu records, peak memory %ld MiB (the naive way: %ld MiB)\n",
                static_cast<unsigned long long>(records), ours_kib / 1024, peak_kib() / 1024);
    std::printf("%-44s     %9.0f us\n", "naive: all hashes, whole tree (peer)", peer_us);
    print("inclusion proof, checked before it leaves", inclusion, peer_us);
    print("consistency proof, checked likewise", consistency, peer_us);
    print("root of a checkpoint", roots, peer_us);
    return percentile(inclusion, 99) < 1000 ? 0 : 3;
}
