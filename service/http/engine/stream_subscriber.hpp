#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "service/http/engine/stream_hub.hpp"

namespace helix::http_engine {

/// One stream's connection; it belongs to the hub's thread once adopted.
struct StreamHub::Subscriber {
    Channel channel;
    std::shared_ptr<const TopicFilter> filter;
    std::vector<SharedFrame> queue;  ///< taken, not wholly sent; those before `queue_next` are
    std::size_t queue_next = 0;
    std::size_t offset = 0;     ///< bytes of queue[queue_next] that are sent
    std::uint64_t next_id = 0;  ///< the next event to look at in the ring
    Clock::time_point stalled_since{};
    std::uint64_t taken_offset = 0;  ///< RingEvent::end_offset of the event before next_id
    std::size_t discarded = 0;
    bool blocked = false;
    bool gone = false;

    [[nodiscard]] bool wants(const RingEvent& event) const {
        if (!filter) return true;
        return (filter->types.empty() || filter->types.contains(event.type)) &&
               (filter->targets.empty() || filter->targets.contains(event.target));
    }
};

}  // namespace helix::http_engine
