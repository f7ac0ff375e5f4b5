#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::kubeconfig {

struct Child {
    std::string program;                   ///< a path; never looked up, never through a shell
    std::vector<std::string> arguments;    ///< without the program's own name
    std::vector<std::string> environment;  ///< "NAME=value", and nothing else
    std::chrono::milliseconds timeout{30'000};
    std::size_t output_bytes_max = 1U << 20U;
};

/// What `child` printed, once it has ended with 0. It runs in a process group of its own, without input, its error
/// output unseen (it may hold secrets), and is killed with all its group at the time-out, on a stop, or when it
/// prints too much.
/// Errors: NotFound, PermissionDenied, DeadlineExceeded, ResourceExhausted, Unavailable. Never what it printed.
Result<std::string> run(const Child& child, const std::stop_token& stop);

}  // namespace helix::kubeconfig
