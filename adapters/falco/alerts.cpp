#include "adapters/falco/alerts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "adapters/falco/output_fields.hpp"
#include "domain/trial/findings.hpp"
#include "service/wire/fields.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::falco {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using trial::FalcoAlert;
using trial::FalcoPriority;

constexpr std::array<std::pair<std::string_view, FalcoPriority>, 9> kPriorities = {{
    {"emergency", FalcoPriority::Emergency},
    {"alert", FalcoPriority::Alert},
    {"critical", FalcoPriority::Critical},
    {"error", FalcoPriority::Error},
    {"warning", FalcoPriority::Warning},
    {"notice", FalcoPriority::Notice},
    {"informational", FalcoPriority::Informational},
    {"info", FalcoPriority::Informational},
    {"debug", FalcoPriority::Debug},
}};

std::optional<FalcoPriority> priority_of(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const auto& [name, priority] : kPriorities)
        if (name == text) return priority;
    return std::nullopt;
}

Error wrong(const char* field, const char* what, const char* mend = "") {
    return error(Code::InvalidArgument, std::string("the alert's ") + field + " " + what, mend,
                 std::string("/") + field);
}

/// Reads the alert's own members and keeps the first thing that was wrong.
class Members {
public:
    explicit Members(object alert) : alert_(alert) {}

    /// Text, cut; empty when it is absent or null.
    std::string text(const char* name) {
        const auto value = find(name);
        if (!value) return {};
        std::string_view text;
        if (value->get(text) == simdjson::SUCCESS) return trial::cut(text);
        keep(wrong(name, "is no text"));
        return {};
    }

    std::string need(const char* name) {
        std::string value = text(name);
        if (value.empty()) keep(wrong(name, "is missing"));
        return value;
    }

    void keep(Error failure) {
        if (verdict_) verdict_ = std::move(failure);
    }
    [[nodiscard]] std::optional<element> find(const char* name) const {
        element value;
        if (alert_.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
        return value;
    }
    [[nodiscard]] const Result<void>& verdict() const { return verdict_; }

private:
    object alert_;
    Result<void> verdict_;
};

/// Two readers of an object with one name twice might take either value.
Result<void> names_once(object value, const char* where) {
    std::vector<std::string_view> names;
    for (const auto field : value) names.push_back(field.key);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return {};
    return error(Code::InvalidArgument, "duplicate name \"" + trial::cut(*twice, 64) + "\"", {},
                 wire::below(where, trial::cut(*twice, 64)));
}

/// The text without white space around it.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// The lines that are not blank, when there are several and each looks like an object; none otherwise.
std::vector<std::string_view> objects_by_line(std::string_view body) {
    std::vector<std::string_view> lines;
    while (!body.empty()) {
        const auto end = body.find('\n');
        const std::string_view line = trimmed(body.substr(0, end));
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
        if (line.empty()) continue;
        if (line.front() != '{' || line.back() != '}') return {};
        lines.push_back(line);
    }
    return lines.size() > 1 ? lines : std::vector<std::string_view>{};
}

/// Parses one JSON value. It lives until the next one is parsed.
class Parser {
public:
    /// Errors: InvalidArgument, with the place of the fault in `where`.
    Result<element> parse(std::string_view text) {
        text_ = simdjson::padded_string(text);
        element value;
        auto failure = parser_.allocate(text.size(), kDepthMax);
        if (failure == simdjson::SUCCESS) failure = parser_.parse(text_).get(value);
        if (failure == simdjson::SUCCESS) return value;
        // The fast parser tells no place; the strict one takes a little less than it does.
        wire::JsonLimits limits;
        limits.depth = kDepthMax;
        limits.bytes = kBodyBytesMax;
        limits.inexact_integers = true;
        const auto again = wire::parse_json(text, limits);
        return again ? error(Code::InvalidArgument, std::string("cannot be read: ") + simdjson::error_message(failure))
                     : again.error();
    }

private:
    static constexpr int kDepthMax = 64;

    simdjson::dom::parser parser_;
    simdjson::padded_string text_;
};

/// Puts one alert, or why there is none, into the batch.
void put(Batch& batch, Result<FalcoAlert> read, std::size_t index) {
    if (read) {
        batch.alerts.push_back(std::move(*read));
        return;
    }
    Error failure = std::move(read).error();
    failure.where = "/" + std::to_string(index) + (failure.where.starts_with('/') ? "" : " ") + failure.where;
    batch.refused.push_back(std::move(failure));
}

Error too_many() {
    return error(Code::ResourceExhausted, "more than " + std::to_string(kAlertsMax) + " alerts in one body",
                 "send fewer at a time");
}

/// One alert. `rule` and `priority` must be there; the rest may be absent or null. Values of output_fields may be text,
/// numbers or booleans; "<NA>" is none. Without `time` the event's own (evt.time) is taken, else 0.
/// Texts are cut to trial::Defect::kMessageBytesMax.
///
/// Errors: InvalidArgument with the JSON pointer of the field in `where`.
Result<FalcoAlert> read_alert(element value, trial::Micros received_at) {
    object whole;
    if (value.get(whole) != simdjson::SUCCESS) return error(Code::InvalidArgument, "an alert is a JSON object");
    if (const auto once = names_once(whole, ""); !once) return once.error();
    Members members(whole);
    FalcoAlert alert;
    alert.received_at = received_at;
    alert.rule = members.need("rule");
    if (const auto priority = priority_of(members.need("priority")))
        alert.priority = *priority;
    else
        members.keep(wrong("priority", "is none of Falco's",
                           "one of Emergency, Alert, Critical, Error, Warning, Notice, Informational, Debug"));
    if (const std::string time = members.text("time"); !time.empty()) {
        const auto at = wire::from_rfc3339(time);
        if (at)
            alert.at = *at;
        else
            members.keep(wrong("time", "is not an RFC 3339 time", "set json_output and time_format_iso_8601"));
    }
    alert.source = members.text("source");
    alert.hostname = members.text("hostname");
    alert.uuid = members.text("uuid");
    alert.output = members.text("output");
    if (std::string message = members.text("message"); alert.output.empty()) alert.output = std::move(message);
    const auto given = members.find("output_fields");
    object fields;
    if (given && given->get(fields) != simdjson::SUCCESS) members.keep(wrong("output_fields", "is no object"));
    if (!members.verdict()) return members.verdict().error();
    if (!given) return alert;
    if (const auto once = names_once(fields, "/output_fields"); !once) return once.error();
    if (const auto read = attribute(alert, fields); !read) return read.error();
    return alert;
}

Result<Batch> read_lines(const std::vector<std::string_view>& lines, trial::Micros received_at) {
    if (lines.size() > kAlertsMax) return too_many();
    Batch batch;
    Parser parser;
    for (std::size_t n = 0; n < lines.size(); ++n)
        put(batch, parser.parse(lines[n]).and_then([&](element value) { return read_alert(value, received_at); }), n);
    return batch;
}

}  // namespace

Result<Batch> read_alerts(std::string_view body, trial::Micros received_at) {
    if (body.size() > kBodyBytesMax)
        return error(Code::ResourceExhausted, "the body is over " + std::to_string(kBodyBytesMax) + " bytes");
    if (const auto lines = objects_by_line(body); !lines.empty()) return read_lines(lines, received_at);
    Parser parser;
    const auto parsed = parser.parse(trimmed(body));
    if (!parsed) return parsed.error();
    Batch batch;
    simdjson::dom::array alerts;
    if (parsed->get(alerts) != simdjson::SUCCESS) {
        auto alert = read_alert(*parsed, received_at);
        if (alert)
            batch.alerts.push_back(std::move(*alert));
        else
            batch.refused.push_back(std::move(alert).error());
        return batch;
    }
    if (alerts.size() > kAlertsMax) return too_many();
    std::size_t index = 0;
    for (const element one : alerts) put(batch, read_alert(one, received_at), index++);
    return batch;
}

}  // namespace helix::falco
