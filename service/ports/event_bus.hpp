#pragma once

#include <string>

namespace helix::ports {

/// One event for the MEFINE bus; the bus wraps it as a CloudEvent.
struct Event {
    std::string type;    ///< "node.floor", "helix.cycle", ...
    std::string target;  ///< the cluster or silo it is about; may be empty
    std::string data;    ///< JSON text of one object
    std::string id;      ///< the ledger record's ULID when the event is about one; empty: the bus makes one
};

/// Where events go to reach browsers and other listeners.
///
/// Thread safety: any method from any thread. Never blocks on a listener and never fails: an event is a hint, the
/// ledger and the API hold the truth.
class EventBus {
public:
    virtual ~EventBus() = default;
    virtual void publish(Event event) = 0;
};

}  // namespace helix::ports
