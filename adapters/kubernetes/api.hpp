#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "adapters/http2_client/answer.hpp"
#include "adapters/http2_client/channel.hpp"
#include "adapters/kubernetes/patches.hpp"

namespace helix::kubernetes {

/// The requests of one call each: reads and dry runs, and writes that are sent once.
///
/// Thread safety: any method from any thread but the channels' own.
class Api {
public:
    /// @param shared   carries reads, watches, dry runs and what creates: the links C and R
    /// @param changes  carries the links U and D
    Api(http2_client::Channel& shared, http2_client::Channel& changes, std::atomic<std::uint64_t>& requests)
        : shared_(shared), changes_(changes), requests_(requests) {}

    /// Errors: as http2_client::accept.
    Result<http2_client::Response> get(const std::string& path);

    /// A PATCH with dryRun=All: nothing is changed, so it may be sent again like a read.
    Result<http2_client::Response> dry_run(const std::string& path_and_query, const Patch& patch);

    /// A write over the connection of C or, with `changes`, that of U and D. Sent at most once.
    Result<http2_client::Response> write(http2_client::Method method, const std::string& path_and_query,
                                         std::string content_type, std::string body, bool changes);

private:
    Result<http2_client::Response> call(http2_client::Channel& channel, http2_client::Request request);

    http2_client::Channel& shared_;
    http2_client::Channel& changes_;
    std::atomic<std::uint64_t>& requests_;
};

}  // namespace helix::kubernetes
