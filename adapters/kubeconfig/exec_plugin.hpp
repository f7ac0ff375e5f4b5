#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/endpoint/endpoint.hpp"
#include "adapters/kubeconfig/cached_credential.hpp"
#include "adapters/kubeconfig/config.hpp"

namespace helix::kubeconfig {

/// Runs `plugin` and reads the ExecCredential that it prints.
/// @param environment  "NAME=value" of the program besides its own; PATH in it is where a bare name is looked up
/// Errors: Unauthenticated, naming the place in the kubeconfig; Unavailable when stopped.
Result<Held> run_exec_plugin(const ExecPlugin& plugin, const endpoint::Endpoint& endpoint,
                             const std::vector<std::string>& environment, std::chrono::milliseconds timeout,
                             const std::stop_token& stop);

/// "2026-01-02T03:04:05[.6]Z" or with an offset. Nothing when it is not RFC 3339.
std::optional<WallClock::time_point> parse_rfc3339(const std::string& text);

}  // namespace helix::kubeconfig
