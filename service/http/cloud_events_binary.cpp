#include "service/http/cloud_events_binary.hpp"

#include <cstdint>

#include "service/wire/canonical_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool is_utf8(std::string_view text) {
    std::string scratch;
    return wire::append_json_string(scratch, text);
}

std::string unquoted(std::string_view value) {
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
    value = value.substr(1, value.size() - 2);
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
    }
    return text;
}

/// The media type without its parameters, in lower case.
std::string media_type(const std::string& content_type) {
    std::string type = lower(content_type.substr(0, content_type.find(';')));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
    return type;
}

bool is_json_type(const std::string& type) {
    return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

/// The `ce-` headers as attributes.
Result<json> attributes_of(const httplib::Request& request) {
    json event = json::object();
    for (const auto& [name, value] : request.headers) {
        const std::string header = lower(name);
        if (!header.starts_with("ce-")) continue;
        const std::string attribute = header.substr(3);
        const auto bad = [&](const char* what) {
            return error(Code::InvalidArgument, "header " + header.substr(0, 80) + " " + what,
                         "see the CloudEvents HTTP binding", header.substr(0, 80));
        };
        if (attribute == "data" || attribute == "data_base64" || attribute == "datacontenttype")
            return bad("does not exist: the body is the data and Content-Type its type");
        if (event.contains(attribute)) return bad("is given twice");
        std::string text = decode_header(value);
        if (!is_utf8(text)) return bad("is not UTF-8 after percent-decoding");
        event[attribute] = std::move(text);
    }
    return event;
}

}  // namespace

std::string decode_header(std::string_view value) {
    const std::string escaped = unquoted(value);
    std::string text;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        const int high = escaped[i] == '%' && i + 2 < escaped.size() ? hex_value(escaped[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(escaped[i + 2]) : -1;
        if (low < 0) {
            text += escaped[i];
            continue;
        }
        text += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return text;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kBase64[(group >> (18U - 6U * k)) & 63U] : '=';
    }
    return text;
}

bool is_base64(std::string_view text) {
    if (text.size() % 4 != 0) return false;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return text.find_first_not_of(kBase64) == std::string_view::npos;
}

Result<json> binary_event(const httplib::Request& request) {
    auto event = attributes_of(request);
    if (!event) return event;
    const std::string content_type = request.get_header_value("Content-Type");
    const std::string type = media_type(content_type);
    if (type.starts_with("multipart/"))
        return error(Code::Unimplemented, "a multipart body is not taken as an event's data", "send structured mode",
                     "Content-Type");
    if (!is_utf8(content_type)) return error(Code::InvalidArgument, "Content-Type is not text", {}, "Content-Type");
    if (!content_type.empty()) (*event)["datacontenttype"] = content_type;
    if (request.body.empty()) return event;
    if (is_json_type(type)) {
        auto data = wire::parse_json(request.body, {.depth = wire::JsonLimits{}.depth - 1});
        if (!data) return std::move(data).error();
        (*event)["data"] = *std::move(data);
    } else if (type.starts_with("text/") && is_utf8(request.body)) {
        (*event)["data"] = request.body;
    } else {
        (*event)["data_base64"] = to_base64(request.body);
    }
    return event;
}

}  // namespace helix::http
