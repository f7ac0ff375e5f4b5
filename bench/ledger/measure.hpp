#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace helix::bench {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start);

/// Processor time of this process so far, user and system; seconds.
double cpu_seconds();
/// The same of the children it has waited for.
double children_cpu_seconds();

/// Ends the program when a step that must work did not.
void require(bool worked, const std::string& what);

/// What one measurement found; 0 where it does not tell. Times are in microseconds.
struct Row {
    double per_second = 0;
    double p50_us = 0, p99_us = 0;
    double cpu_us = 0;         ///< processor time of the calling process for each call
    double server_cpu_us = 0;  ///< likewise of the database's server

    /// Takes each figure that is better than the one so far: a busy machine only ever makes them worse.
    void keep_best(const Row& other);
};

/// Runs `one` in a loop on `threads` threads for `seconds`; latencies are of every call.
Row measure(int threads, double seconds, const std::function<void()>& one);

/// Runs `one` at `rate` a second, spread over `threads` threads that each keep to a timetable. A call that is late
/// because the one before it took long counts from when it was due.
Row measure_paced(int threads, double seconds, double rate, const std::function<void()>& one);

/// 4 KiB written over a file that is there already, and synced: what one commit costs the disk at least.
Row measure_fdatasync(const std::string& path, double seconds);

/// A body as a cycle's receipt has it, 256 bytes.
const std::string& body();

}  // namespace helix::bench
