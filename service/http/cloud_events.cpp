#include "service/http/cloud_events.hpp"

#include <array>

#include "service/wire/parse_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::size_t kBatchMax = 1000;

bool is_type(const std::string& content_type, std::string_view wanted) {
    return content_type.compare(0, wanted.size(), wanted) == 0 &&
           (content_type.size() == wanted.size() || content_type[wanted.size()] == ';' ||
            content_type[wanted.size()] == ' ');
}

Error bad(std::string message, std::string mend, std::string where) {
    return error(Code::InvalidArgument, std::move(message), std::move(mend), std::move(where));
}

/// An extension attribute's name, by the specification: lower-case letters and digits.
bool is_attribute(const std::string& name) {
    return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos;
}

Result<void> check(const json& event, const std::string& where) {
    if (!event.is_object()) return bad("an event is a JSON object", "send CloudEvents 1.0", where);
    for (const char* required : {"specversion", "id", "source", "type"}) {
        const auto found = event.find(required);
        if (found == event.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
            return bad(std::string(required) + " is missing or empty", "CloudEvents 1.0 needs it",
                       where + "/" + required);
        if (found->get_ref<const std::string&>().size() > 1024)
            return bad(std::string(required) + " is over 1024 bytes", "shorten it", where + "/" + required);
    }
    if (event.at("specversion") != "1.0")
        return bad("specversion is not 1.0", "send CloudEvents 1.0", where + "/specversion");
    for (const auto& [name, value] : event.items()) {
        if (name == "data" || name == "data_base64") continue;
        if (!is_attribute(name))
            return bad("unknown member " + name, "attributes are lower-case letters and digits", where + "/" + name);
        if (value.is_structured())
            return bad(name + " is not a simple value", "attributes are simple values", where + "/" + name);
    }
    if (event.contains("time")) {
        if (!event["time"].is_string() || !wire::from_rfc3339(event["time"].get<std::string>()))
            return bad("time is not RFC 3339", "write it like 2026-05-11T08:00:00Z", where + "/time");
    }
    return {};
}

Result<json> binary_event(const httplib::Request& request) {
    json event = json::object();
    for (const auto& [name, value] : request.headers) {
        std::string lower = name;
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (lower.rfind("ce-", 0) == 0) event[lower.substr(3)] = value;
    }
    const std::string content_type = request.get_header_value("Content-Type");
    if (request.body.empty()) return event;
    if (!is_type(content_type, "application/json"))
        return error(Code::Unimplemented, "binary mode takes application/json data here", "send structured mode",
                     "Content-Type");
    auto data = wire::parse_json(request.body);
    if (!data) return std::move(data).error();
    event["datacontenttype"] = content_type;
    event["data"] = *std::move(data);
    return event;
}

}  // namespace

Result<std::vector<json>> cloud_events_of(const httplib::Request& request) {
    const std::string content_type = request.get_header_value("Content-Type");
    std::vector<json> events;
    if (is_type(content_type, "application/cloudevents-batch+json")) {
        auto batch = wire::parse_json(request.body);
        if (!batch) return std::move(batch).error();
        if (!batch->is_array() || batch->empty() || batch->size() > kBatchMax)
            return bad("a batch is an array of 1 to 1000 events", "split it", "");
        for (json& event : *batch) events.push_back(std::move(event));
    } else if (is_type(content_type, "application/cloudevents+json")) {
        auto event = wire::parse_json(request.body);
        if (!event) return std::move(event).error();
        events.push_back(*std::move(event));
    } else if (request.has_header("ce-specversion")) {
        auto event = binary_event(request);
        if (!event) return std::move(event).error();
        events.push_back(*std::move(event));
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
