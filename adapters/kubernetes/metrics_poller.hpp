#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "adapters/kubernetes/mirror.hpp"
#include "adapters/kubernetes/watcher.hpp"

namespace helix::kubernetes {

/// Reads metrics.k8s.io every so often: that API has no watch.
///
/// Thread safety: the sync loop's thread only.
class MetricsPoller {
public:
    MetricsPoller(WatchContext& context, Mirror& mirror, std::chrono::milliseconds period);

    void start();

    /// Why there are no figures; empty when there are.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    /// The newest sample's time of any node; 0 before the first.
    [[nodiscard]] std::int64_t newest_us() const { return newest_us_; }

private:
    void poll();
    void fetch(const char* path, bool nodes);
    void take(Result<http2_client::Response>&& answer, bool nodes);
    void settle();

    WatchContext& context_;
    Mirror& mirror_;
    const std::chrono::milliseconds period_;
    std::string problem_ = "no answer from metrics.k8s.io yet";
    std::int64_t newest_us_ = 0;
    Instant begun_at_{};
    int retry_after_s_ = 0;
};

}  // namespace helix::kubernetes
