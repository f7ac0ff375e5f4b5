#include "service/http/cloud_events.hpp"

#include <array>

#include "service/http/cloud_events_binary.hpp"
#include "service/http/handler.hpp"
#include "service/wire/fields.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::size_t kBatchMax = 1000;

Error bad(std::string message, std::string mend, std::string where) {
    return error(Code::InvalidArgument, std::move(message), std::move(mend), std::move(where));
}

/// An extension attribute's name, by the specification: lower-case letters and digits.
bool is_attribute(const std::string& name) {
    return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos;
}

/// An attribute whose text is bounded; the bounds of openapi/helix.yaml.
struct Bound {
    std::string_view name;
    std::size_t characters_max;
    bool required;
};
constexpr std::array<Bound, 7> kBounds = {{{"specversion", 8, true},
                                           {"id", 256, true},
                                           {"source", 1024, true},
                                           {"type", 256, true},
                                           {"subject", 1024, false},
                                           {"datacontenttype", 256, false},
                                           {"dataschema", 2048, false}}};

/// CloudEvents' type String: no control characters. (They would also let one event pass for another: the ledger knows
/// an event by its source and id, with a line feed between them.)
bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7F) return true;
        // U+0080 to U+009F are C2 80 to C2 9F
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    }
    return false;
}

Result<void> check_texts(const json& event, const std::string& where) {
    for (const Bound& bound : kBounds) {
        const std::string name(bound.name);
        const auto found = event.find(name);
        if (found == event.end() || found->is_null()) {
            if (!bound.required) continue;
            return bad(name + " is missing or empty", "CloudEvents 1.0 needs it", where + "/" + name);
        }
        if (!found->is_string() || found->get_ref<const std::string&>().empty())
            return bad(name + (bound.required ? " is missing or empty" : " is not a text, or empty"),
                       "see CloudEvents 1.0", where + "/" + name);
        if (wire::characters(found->get_ref<const std::string&>()) > bound.characters_max)
            return bad(name + " is over " + std::to_string(bound.characters_max) + " characters", "shorten it",
                       where + "/" + name);
    }
    if (event.at("specversion") != "1.0")
        return bad("specversion is not 1.0", "send CloudEvents 1.0", where + "/specversion");
    return {};
}

Result<void> check_data(const json& event, const std::string& where) {
    const auto bytes = event.find("data_base64");
    if (bytes == event.end()) return {};
    if (event.contains("data")) return bad("data and data_base64 exclude each other", "send one", where + "/data");
    if (!bytes->is_string() || !is_base64(bytes->get_ref<const std::string&>()))
        return bad("data_base64 is not base64", "see RFC 4648, section 4", where + "/data_base64");
    return {};
}

Result<void> check(const json& event, const std::string& where) {
    if (!event.is_object()) return bad("an event is a JSON object", "send CloudEvents 1.0", where + "/");
    if (auto checked = check_texts(event, where); !checked) return checked;
    for (const auto& [name, value] : event.items()) {
        if (name == "data" || name == "data_base64") continue;
        if (!is_attribute(name))
            return bad("unknown member " + name.substr(0, 80), "attributes are lower-case letters and digits",
                       where + "/" + name.substr(0, 80));
        if (value.is_structured())
            return bad(name + " is not a simple value", "attributes are simple values", where + "/" + name);
        if (value.is_string() && has_control(value.get_ref<const std::string&>()))
            return bad(name + " holds a control character", "take it out", where + "/" + name);
    }
    if (event.contains("time")) {
        if (!event["time"].is_string() || !wire::from_rfc3339(event["time"].get<std::string>()))
            return bad("time is not RFC 3339", "write it like 2026-05-11T08:00:00Z", where + "/time");
    }
    return check_data(event, where);
}

/// The `ce-` headers that structured mode may repeat: whatever is there keeps its bounds.
Result<void> check_headers(const httplib::Request& request) {
    const auto refuse = [](const std::string& name) {
        return bad("header " + name + " is not what the attribute must be", "leave it out in structured mode",
                   "/" + name);
    };
    for (const Bound& bound : kBounds) {
        const std::string name = "ce-" + std::string(bound.name);
        if (!request.has_header(name.c_str())) continue;
        const std::string text = decode_header(request.get_header_value(name.c_str()));
        const bool version = bound.name == "specversion" && text != "1.0";
        if (version || wire::characters(text) > bound.characters_max) return refuse(name);
    }
    if (request.has_header("ce-time") && !wire::from_rfc3339(decode_header(request.get_header_value("ce-time"))))
        return refuse("ce-time");
    return {};
}

}  // namespace

Result<std::vector<json>> cloud_events_of(const httplib::Request& request) {
    const std::string content_type = request.get_header_value("Content-Type");
    if (const auto checked = check_headers(request); !checked) return checked.error();
    std::vector<json> events;
    if (is_type(content_type, "application/cloudevents-batch+json")) {
        auto batch = wire::parse_json(request.body);
        if (!batch) return std::move(batch).error();
        if (!batch->is_array() || batch->empty() || batch->size() > kBatchMax)
            return bad("a batch is an array of 1 to 1000 events", "split it", "/");
        for (json& event : *batch) events.push_back(std::move(event));
    } else if (is_type(content_type, "application/cloudevents+json")) {
        auto event = wire::parse_json(request.body);
        if (!event) return std::move(event).error();
        events.push_back(*std::move(event));
    } else if (request.has_header("ce-specversion")) {
        auto event = binary_event(request);
        if (!event) return std::move(event).error();
        events.push_back(*std::move(event));
    } else if (is_type(content_type, "application/json")) {
        return bad("binary mode needs the header ce-specversion", "send ce-specversion: 1.0, ce-id, ce-source, ce-type",
                   "/ce-specversion");
    } else {
        return error(Code::Unimplemented, "not a CloudEvents content type",
                     "send application/cloudevents+json, application/cloudevents-batch+json, or ce- headers",
                     "Content-Type");
    }
    for (std::size_t i = 0; i < events.size(); ++i)
        if (const auto checked = check(events[i], events.size() > 1 ? "/" + std::to_string(i) : ""); !checked)
            return checked.error();
    return events;
}

}  // namespace helix::http
