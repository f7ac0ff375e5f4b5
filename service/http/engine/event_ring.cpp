#include "service/http/engine/event_ring.hpp"

#include <algorithm>
#include <utility>

namespace helix::http_engine {

EventRing::EventRing(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_id)
    : events_max_(events_max), bytes_max_(bytes_max), next_id_(first_id) {}

std::size_t EventRing::cost(const RingEvent& event) {
    return sizeof(RingEvent) + sizeof(SharedEvent) + event.frame.size() + event.type.size() + event.target.size();
}

void EventRing::push(SharedEvent event) {
    bytes_ += cost(*event);
    events_.push_back(std::move(event));
    ++next_id_;
    while (!events_.empty() && (events_.size() > events_max_ || bytes_ > bytes_max_)) {
        bytes_ -= cost(*events_.front());
        events_.pop_front();
    }
}

void EventRing::copy_from(std::uint64_t from, std::size_t count_max, std::vector<SharedEvent>& out) const {
    const std::uint64_t first = std::max(from, oldest_id());
    const std::uint64_t end = std::min(next_id_, first + count_max);
    for (std::uint64_t id = first; id < end; ++id) out.push_back(events_[id - oldest_id()]);
}

}  // namespace helix::http_engine
