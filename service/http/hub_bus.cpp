#include "service/http/hub_bus.hpp"

#include <nlohmann/json.hpp>

#include "service/wire/timestamps.hpp"

namespace helix::http {

std::string as_cloud_event(const ports::Event& event, const ports::Clock& clock, ports::IdSource& ids) {
    // The data is JSON text already: it goes in as it is, so that no event is parsed only to be written again.
    const nlohmann::json head = {{"specversion", "1.0"},
                                 {"id", event.id.empty() ? ids.ulid() : event.id},
                                 {"source", "/helix/" + (event.target.empty() ? "service" : event.target)},
                                 {"type", event.type},
                                 {"time", wire::to_rfc3339(clock.now_us())},
                                 {"datacontenttype", "application/json"}};
    std::string text = head.dump();
    text.pop_back();
    return text + ",\"data\":" + event.data + "}";
}

void HubBus::publish(ports::Event event) {
    std::string data = cloud_event(event);
    hub_.publish({std::move(event.type), std::move(event.target), std::move(data)});
}

}  // namespace helix::http
