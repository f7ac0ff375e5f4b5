#pragma once

#include "service/http/engine/stream_hub.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/event_bus.hpp"
#include "service/ports/id_source.hpp"

namespace helix::http {

/// `event` as CloudEvents JSON on one line, with the time now; an id is made when it has none.
std::string as_cloud_event(const ports::Event& event, const ports::Clock& clock, ports::IdSource& ids);

/// The MEFINE bus: every event wrapped as a CloudEvent 1.0 and given to the stream hub.
///
/// Thread safety: any method from any thread. The hub outlives it.
class HubBus : public ports::EventBus {
public:
    HubBus(http_engine::StreamHub& hub, const ports::Clock& clock, ports::IdSource& ids)
        : hub_(hub), clock_(clock), ids_(ids) {}

    void publish(ports::Event event) override;

    /// `event` as CloudEvents JSON on one line.
    [[nodiscard]] std::string cloud_event(const ports::Event& event) const {
        return as_cloud_event(event, clock_, ids_);
    }

private:
    http_engine::StreamHub& hub_;
    const ports::Clock& clock_;
    ports::IdSource& ids_;
};

}  // namespace helix::http
