#pragma once

// What the ledger's benchmarks share: a loop on threads with its latencies, the disk's own figure, a typical body.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/usecases/ledger_writer.hpp"

namespace helix::bench {

using Clock = std::chrono::steady_clock;

inline double g_seconds = 3.0;

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

inline double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Ends the program when a step that must work did not.
inline void require(bool worked, const char* what) {
    if (worked) return;
    std::fprintf(stderr, "bench: %s failed\n", what);
    std::exit(1);
}

struct Row {
    double per_second = 0, p50_us = 0, p99_us = 0, cpu_us = 0;
};

/// Runs `one` in a loop on `threads` threads for the set time; latencies are of every call.
inline Row measure(int threads, const std::function<void()>& one) {
    std::vector<std::vector<double>> latencies(static_cast<std::size_t>(threads));
    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    {
        std::vector<std::jthread> running;
        for (auto& mine : latencies)
            running.emplace_back([&] {
                while (seconds_since(start) < g_seconds) {
                    const auto begun = Clock::now();
                    one();
                    mine.push_back(seconds_since(begun) * 1e6);
                }
            });
    }
    const double elapsed = seconds_since(start);
    std::vector<double> all;
    for (const auto& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    return {count / elapsed, all[all.size() / 2], all[all.size() * 99 / 100],
            (cpu_seconds() - cpu_before) * 1e6 / count};
}

inline void print(const char* name, const Row& row, double peer) {
    std::printf("%-44s %10.0f/s  %6.2fx  p50 %8.0f us  p99 %8.0f us  CPU %6.1f us\n", name, row.per_second,
                row.per_second / peer, row.p50_us, row.p99_us, row.cpu_us);
    std::fflush(stdout);
}

/// 4 KiB written at the end of a file and synced, over and over: what the disk itself allows.
inline Row measure_fdatasync(const std::string& path) {
    const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    require(file >= 0, "open");
    const std::string page(4096, 'x');
    const Row row = measure(1, [&] {
        require(write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()), "write");
        require(fdatasync(file) == 0, "fdatasync");
    });
    close(file);
    return row;
}

/// A body as a cycle's receipt has it, about 256 bytes.
inline const std::string kBody =
    R"({"action":"scale","cycle":"01ARZ3NDEKTSV4RRFFQ69G5FAV","estimate":{"node-17":{"floor":4294967296,"used":)"
    R"(17179869184}},"headroom":2147483648,"object":"default/deployment/checkout","reason":"more carts before noon",)"
    R"("replicas":{"from":3,"to":5},"verdict":"PASS"})";

/// Callers that append one record after another, more and more of them.
inline void measure_writers(usecases::LedgerWriter& writer, double peer) {
    for (const int threads : {1, 64, 512}) {
        const auto before = writer.counts();
        const Row row =
            measure(threads, [&] { require(writer.append("helix.cycle", "prod", "user:zoe", kBody).ok(), "append"); });
        const auto after = writer.counts();
        const std::string name = "ledger, " + std::to_string(threads) + " writers, records a commit " +
                                 std::to_string((after.records - before.records) / (after.commits - before.commits));
        print(name.c_str(), row, peer);
    }
}

}  // namespace helix::bench
