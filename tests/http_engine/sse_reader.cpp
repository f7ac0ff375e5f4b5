#include "tests/http_engine/sse_reader.hpp"

namespace helix::http_engine::testing {
namespace {

void read_line(std::string_view line, SeenEvent& event, bool& has_data) {
    const auto colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") {
        event.type = value;
    } else if (field == "id") {
        if (value.find('\0') == std::string_view::npos) event.id = value;
    } else if (field == "data") {
        if (has_data) event.data += '\n';
        event.data += value;
        has_data = true;
    }
}

}  // namespace

std::vector<SeenEvent> read_events(std::string_view text) {
    std::vector<SeenEvent> seen;
    SeenEvent event;
    bool has_data = false;
    while (true) {
        const auto end = text.find_first_of("\r\n");
        if (end == std::string_view::npos) return seen;
        const std::string_view line = text.substr(0, end);
        const bool pair = text.substr(end, 2) == "\r\n";
        text.remove_prefix(end + (pair ? 2 : 1));
        if (!line.empty()) {
            read_line(line, event, has_data);
            continue;
        }
        if (has_data) seen.push_back(event);
        event.type.clear();  // the id stays: it is the stream's last event id
        event.data.clear();
        has_data = false;
    }
}

}  // namespace helix::http_engine::testing
