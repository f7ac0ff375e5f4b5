#include "bench/ledger/measure.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace helix::bench {
namespace {

double cpu_seconds_of(decltype(RUSAGE_SELF) who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

using Latencies = std::vector<double>;

/// Runs `work`, which fills its latencies, on each thread; `work` gets the thread's number.
Row run(int threads, const std::function<void(int, Latencies&)>& work) {
    std::vector<Latencies> latencies(static_cast<std::size_t>(threads));
    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    {
        std::vector<std::jthread> running;
        for (int i = 0; i < threads; ++i)
            running.emplace_back([&, i] { work(i, latencies[static_cast<std::size_t>(i)]); });
    }
    const double elapsed = seconds_since(start);
    Row row;
    row.cpu_us = (cpu_seconds() - cpu_before) * 1e6;
    Latencies all;
    for (const Latencies& mine : latencies) all.insert(all.end(), mine.begin(), mine.end());
    require(!all.empty(), "measuring anything");
    std::sort(all.begin(), all.end());
    row.per_second = static_cast<double>(all.size()) / elapsed;
    row.p50_us = all[all.size() / 2];
    row.p99_us = all[all.size() * 99 / 100];
    row.cpu_us /= static_cast<double>(all.size());
    return row;
}

void take_lower(double& best, double other) {
    if (other > 0 && (best <= 0 || other < best)) best = other;
}

}  // namespace

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
    return cpu_seconds_of(RUSAGE_SELF);
}

double children_cpu_seconds() {
    return cpu_seconds_of(RUSAGE_CHILDREN);
}

void require(bool worked, const std::string& what) {
    if (worked) return;
    std::fprintf(stderr, "bench_ledger: %s failed\n", what.c_str());
    std::exit(1);
}

void Row::keep_best(const Row& other) {
    per_second = std::max(per_second, other.per_second);
    take_lower(p50_us, other.p50_us);
    take_lower(p99_us, other.p99_us);
    take_lower(cpu_us, other.cpu_us);
    take_lower(server_cpu_us, other.server_cpu_us);
}

Row measure(int threads, double seconds, const std::function<void()>& one) {
    const auto start = Clock::now();
    return run(threads, [&](int, Latencies& mine) {
        while (seconds_since(start) < seconds) {
            const auto begun = Clock::now();
            one();
            mine.push_back(seconds_since(begun) * 1e6);
        }
    });
}

Row measure_paced(int threads, double seconds, double rate, const std::function<void()>& one) {
    const std::chrono::duration<double> interval(threads / rate);
    const auto start = Clock::now();
    return run(threads, [&](int number, Latencies& mine) {
        for (int round = 0;; ++round) {
            const auto due = start + std::chrono::duration_cast<Clock::duration>(
                                         interval * (round + static_cast<double>(number) / threads));
            if (std::chrono::duration<double>(due - start).count() >= seconds) return;
            const bool late = Clock::now() > due;
            std::this_thread::sleep_until(due);
            const auto begun = late ? due : Clock::now();  // the timer's own lag is not the ledger's
            one();
            mine.push_back(seconds_since(begun) * 1e6);
        }
    });
}

Row measure_fdatasync(const std::string& path, double seconds) {
    constexpr off_t kPages = 1024;
    const std::string page(4096, 'x');
    const auto size = static_cast<off_t>(page.size());
    const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    require(file >= 0, "opening " + path);
    off_t at = 0;
    const auto write_page = [&] {
        require(pwrite(file, page.data(), page.size(), at * size) == static_cast<ssize_t>(size), "writing");
        at = (at + 1) % kPages;
    };
    for (off_t i = 0; i < kPages; ++i) write_page();
    require(fsync(file) == 0, "fsync");
    const Row row = measure(1, seconds, [&] {
        write_page();
        require(fdatasync(file) == 0, "fdatasync");
    });
    close(file);
    return row;
}

const std::string& body() {
    static const std::string text =
        R"({"action":"scale","cycle":"01ARZ3NDEKTSV4RRFFQ69G5FAV","estimate":{"node-17":{"floor":4294967296,)"
        R"("used":17179869184}},"headroom":2147483648,"object":"default/deployment/checkout",)"
        R"("reason":"more carts at lunch","replicas":{"from":3,"to":5},"verdict":"PASS"})";
    return text;
}

}  // namespace helix::bench
