#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "adapters/backoff/backoff.hpp"
#include "adapters/http2_client/channel.hpp"
#include "adapters/kubernetes/sync_loop.hpp"

namespace helix::kubernetes {

/// Lets requests of the sync loop pass while the server answers; while it does not, one probe at a time asks whether
/// it is back, at least half a second apart, so that a dozen watches never become a dozen connects.
///
/// Thread safety: the sync loop's thread only.
class Gateway {
public:
    Gateway(SyncLoop& loop, http2_client::Channel& channel, std::function<double()> random,
            std::atomic<std::uint64_t>& requests);

    /// Runs `go` now, or as soon as the server answers again.
    void pass(SyncLoop::Task go);

    /// A request failed in a way that may mean that the server is away.
    void suspect(const Error& failure);

    /// Why requests wait; empty when they pass.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    void probe_in(std::chrono::milliseconds pause);
    void probe();
    void answered();

    SyncLoop& loop_;
    http2_client::Channel& channel_;
    backoff::Backoff backoff_;
    std::atomic<std::uint64_t>& requests_;
    bool suspicious_ = false;
    std::string problem_;
    std::vector<SyncLoop::Task> waiting_;
};

}  // namespace helix::kubernetes
