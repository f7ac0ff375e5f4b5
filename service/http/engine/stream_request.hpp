#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace helix::http_engine {

/// One piece of a stream, ready for the wire, shared by everyone who is sent it.
using SharedFrame = std::shared_ptr<const std::string>;

/// Which events a subscriber wants; an empty set means all.
struct TopicFilter {
    std::set<std::string, std::less<>> types = {};
    std::set<std::string, std::less<>> targets = {};
};

/// Where a subscriber stands when it subscribes.
struct ResumePoint {
    std::optional<std::uint64_t> last_event_id;  ///< what the client asked to go on after
    bool held = false;                           ///< that id is known and everything behind it is in the ring
    std::uint64_t newest = 0;                    ///< the id of the latest event published
};

/// What a subscriber is sent before the events.
struct Preface {
    std::vector<SharedFrame> frames = {};
    /// The snapshot contains every event up to this id: sending goes on behind it. Empty: behind the ResumePoint.
    std::optional<std::uint64_t> as_of = {};
};

struct StreamRequest {
    TopicFilter filter = {};
    std::optional<std::uint64_t> last_event_id = {};
    /// Makes the snapshot, or nothing; called once, in the caller's thread, with no lock of the hub held. For a
    /// snapshot without loss or duplicate, read the state and StreamHub::newest_id() under the lock under which the
    /// state's changes are published, and give that id as `as_of`.
    std::function<Preface(const ResumePoint&)> preface = {};
};

}  // namespace helix::http_engine
