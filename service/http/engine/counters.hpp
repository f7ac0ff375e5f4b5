#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "service/http/engine/request_head.hpp"

namespace helix::http_engine {

inline constexpr std::size_t kRefusalCount = static_cast<std::size_t>(Refusal::kCount);

/// A moment's copy of the figures for metrics.
struct ServerStats {
    std::size_t connections_open = 0;    ///< streams included
    std::size_t connections_parked = 0;  ///< idle between requests
    std::size_t requests_in_flight = 0;  ///< queued or in a worker
    std::uint64_t accepted_total = 0;
    std::uint64_t slow_readers_total = 0;  ///< closed because an answer was not taken
    std::uint64_t handshakes_failed_total = 0;
    std::array<std::uint64_t, 6> requests_by_class{};    ///< [2] = 2xx; refusals are counted here too
    std::array<std::uint64_t, kRefusalCount> refused{};  ///< by Refusal
};

/// The live figures; any thread adds.
struct Counters {
    /// Shared with every Channel, which may outlive the server in a StreamHub.
    std::shared_ptr<std::atomic<std::size_t>> open = std::make_shared<std::atomic<std::size_t>>(0);
    std::atomic<std::size_t> parked{0};
    std::atomic<std::size_t> in_flight{0};
    std::atomic<std::size_t> buffered_bytes{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> slow_readers{0};
    std::atomic<std::uint64_t> handshakes_failed{0};
    std::array<std::atomic<std::uint64_t>, 6> by_class{};
    std::array<std::atomic<std::uint64_t>, kRefusalCount> refused{};

    void count_status(int status) {
        const auto status_class = static_cast<std::size_t>(status / 100);
        if (status_class < by_class.size()) by_class.at(status_class).fetch_add(1, std::memory_order_relaxed);
    }
    void count_refusal(Refusal refusal) {
        refused.at(static_cast<std::size_t>(refusal)).fetch_add(1, std::memory_order_relaxed);
        count_status(status_of(refusal));
    }
    [[nodiscard]] ServerStats snapshot() const {
        ServerStats out;
        out.connections_open = open->load();
        out.connections_parked = parked.load();
        out.requests_in_flight = in_flight.load();
        out.accepted_total = accepted.load();
        out.slow_readers_total = slow_readers.load();
        out.handshakes_failed_total = handshakes_failed.load();
        for (std::size_t i = 0; i < by_class.size(); ++i) out.requests_by_class.at(i) = by_class.at(i).load();
        for (std::size_t i = 0; i < refused.size(); ++i) out.refused.at(i) = refused.at(i).load();
        return out;
    }
};

}  // namespace helix::http_engine
