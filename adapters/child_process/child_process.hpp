#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::child_process {

struct Child {
    std::string program;                   ///< a path; never looked up, never through a shell
    std::vector<std::string> arguments;    ///< without the program's own name
    std::vector<std::string> environment;  ///< "NAME=value", and nothing else
    std::chrono::milliseconds timeout{30'000};
    std::size_t output_bytes_max = 1U << 20U;
    std::size_t errors_bytes_max = 0;  ///< how much of the error output is kept; the rest is dropped. 0: unseen
    std::string folder;                ///< to run in; empty: this process's own
    std::string input = {};            ///< all that it reads from its stdin
};

/// How a child ended that ended by itself.
struct Ended {
    int exit_code = 0;
    std::string output;
    std::string errors;
};

/// Runs `child` to its end, whatever its exit code. It runs in a process group of its own, and is killed with all its
/// group at the time-out, on a stop, or when it prints too much. Errors: NotFound, PermissionDenied, DeadlineExceeded,
/// ResourceExhausted, Unavailable (not started, stopped, or killed by a signal). Never what it printed: that may hold
/// secrets. Thread safety: any thread.
Result<Ended> run_to_end(const Child& child, const std::stop_token& stop);

/// What `child` printed, once it has ended with 0. Errors: also Unavailable for any other exit code.
Result<std::string> run(const Child& child, const std::stop_token& stop);

}  // namespace helix::child_process
