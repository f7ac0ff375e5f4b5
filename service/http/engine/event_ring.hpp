#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace helix::http_engine {

/// One published event, shared by the ring and by everyone it is being sent to.
struct RingEvent {
    std::uint64_t id = 0;
    std::string type;
    std::string target;
    std::uint64_t end_offset = 0;  ///< bytes of all frames published up to and with this one
    std::string frame;             ///< as it goes over the wire
};
using SharedEvent = std::shared_ptr<const RingEvent>;

/// The latest events, with ids without gaps, bounded by count and by bytes; the oldest are forgotten first.
///
/// Threads: the caller locks.
class EventRing {
public:
    EventRing(std::size_t events_max, std::size_t bytes_max, std::uint64_t first_id);

    /// The id that the next push must carry.
    [[nodiscard]] std::uint64_t next_id() const { return next_id_; }
    /// The oldest id still held; next_id() when none is.
    [[nodiscard]] std::uint64_t oldest_id() const { return next_id_ - events_.size(); }
    void push(SharedEvent event);
    /// Appends up to `count_max` events from id `from` (or from the oldest held, when that is later) on.
    void copy_from(std::uint64_t from, std::size_t count_max, std::vector<SharedEvent>& out) const;

    [[nodiscard]] std::size_t size() const { return events_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    static std::size_t cost(const RingEvent& event);

    const std::size_t events_max_;
    const std::size_t bytes_max_;
    std::uint64_t next_id_;
    std::size_t bytes_ = 0;
    std::deque<SharedEvent> events_;
};

}  // namespace helix::http_engine
