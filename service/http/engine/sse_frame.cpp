#include "service/http/engine/sse_frame.hpp"

#include <algorithm>

namespace helix::http_engine {

std::string sse_type(std::string_view text) {
    if (text.empty()) return "message";  // what a reader takes when there is no type
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(),
        [](char c) {
            const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            return !alphanumeric && std::string_view("._-/:").find(c) == std::string_view::npos;
        },
        '_');
    return out;
}

std::string sse_body(std::string_view type, std::string_view data) {
    std::string out;
    out.reserve(type.size() + data.size() + 24);
    out.append("event: ").append(sse_type(type)).append("\ndata: ");
    for (std::size_t i = 0; i < data.size(); ++i) {
        const char c = data[i];
        if (c == '\0') {
            out += "\xEF\xBF\xBD";
        } else if (c == '\n' || c == '\r') {
            if (c == '\r' && i + 1 < data.size() && data[i + 1] == '\n') ++i;
            out += "\ndata: ";
        } else {
            out += c;
        }
    }
    return out += "\n\n";
}

std::string sse_event(std::uint64_t id, std::string_view type, std::string_view data) {
    return "id: " + std::to_string(id) + '\n' + sse_body(type, data);
}

std::string sse_comment(std::string_view text) {
    std::string out = ":";
    if (!text.empty()) out += ' ';
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    return out += "\n\n";
}

}  // namespace helix::http_engine
