#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace helix::http_engine::testing {

/// An event as a browser would dispatch it.
struct SeenEvent {
    std::string id;
    std::string type;
    std::string data;

    friend bool operator==(const SeenEvent&, const SeenEvent&) = default;
};

/// Reads an event stream by the rules of the HTML standard, "interpreting an event stream"; an event that the text does
/// not end is not dispatched.
std::vector<SeenEvent> read_events(std::string_view text);

}  // namespace helix::http_engine::testing
