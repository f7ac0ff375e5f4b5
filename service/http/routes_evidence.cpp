#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::size_t kRefusalsShown = 20;

Error bad(const char* message, const char* mend, std::string where) {
    return error(Code::InvalidArgument, message, mend, std::move(where));
}

/// The alert that a CloudEvent of falcosidekick carries. (Nanoseconds since 1970, as Falco writes them, are no integers
/// that every reader keeps; so the events are read here and not by cloud_events_of.)
Result<json> data_of(const json& event, const std::string& where) {
    const auto member = [&](const char* name) {
        const auto found = event.is_object() ? event.find(name) : event.end();
        return event.is_object() && found != event.end() ? *found : json();
    };
    if (member("specversion") != "1.0")
        return bad("not a CloudEvent 1.0", "send specversion, id, source, type and data", where + "/specversion");
    json data = member("data");
    if (!data.is_object()) return bad("the event carries no alert", "send the alert as its data", where + "/data");
    return data;
}

/// The alerts of the request's body, out of the envelope in which they came.
Result<std::string> alerts_in(const httplib::Request& req) {
    const std::string type = req.get_header_value("Content-Type");
    const bool batch = is_type(type, "application/cloudevents-batch+json");
    if (batch || is_type(type, "application/cloudevents+json")) {
        wire::JsonLimits limits;
        limits.inexact_integers = true;
        auto body = wire::parse_json(req.body, limits);
        if (!body) return std::move(body).error();
        if (!batch)
            return data_of(*body, "").and_then([](const json& data) { return Result<std::string>(data.dump()); });
        if (!body->is_array() || body->empty())
            return bad("a batch is an array of events", "send application/cloudevents+json for one event", "/");
        json all = json::array();
        for (std::size_t i = 0; i < body->size(); ++i) {
            auto data = data_of((*body)[i], "/" + std::to_string(i));
            if (!data) return std::move(data).error();
            all.push_back(*std::move(data));
        }
        return all.dump();
    }
    for (const char* taken : {"application/json", "application/x-ndjson", "text/plain"})
        if (is_type(type, taken)) return req.body;
    return error(Code::Unimplemented, "the body's content type is not taken here",
                 "send application/json, application/x-ndjson, or CloudEvents", "Content-Type");
}

Result<court::Court*> court_of(const Context& context, const httplib::Request& req) {
    const auto courts = courts_of(context, text_of(req, "target"));
    if (!courts) return courts.error();
    if (courts->size() > 1)
        return bad("there are several targets that hold trials", "say whose Falco this is: ?target=NAME", "target");
    return courts->front();
}

/// Answered once what matters is in the ledger: Falco and falcosidekick send again what was not taken.
void post_falco(const Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    constexpr TextRule kTarget{"target", is_target_name, "a target's name"};
    if (const auto known = only_params(req, {"target"}); !known) return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget}); !texts) return write_bad_parameter(texts.error(), res);
    const auto court = court_of(context, req);
    if (!court)
        return court.error().code == Code::InvalidArgument ? write_bad_parameter(court.error(), res)
                                                           : write_problem(court.error(), res);
    const auto body = alerts_in(req);
    if (!body) {
        // A JSON pointer in `where` means that the JSON itself was well-formed.
        const bool readable = body.error().where.starts_with('/');
        return readable ? write_problem(body.error(), res) : write_bad_body(body.error(), res);
    }
    const auto batch = context.read_alerts(*body, context.clock->now_us());
    if (!batch) return write_bad_body(batch.error(), res);
    if (batch->alerts.empty()) {
        if (!batch->refused.empty()) return write_problem(batch->refused.front(), res);
        return write_problem(bad("the body holds no alert", "send what Falco's http_output sends", "/"), res);
    }
    const auto taken = (*court)->inbox().take(batch->alerts, caller.name);
    if (!taken) return write_problem(taken.error(), res);
    if (taken->recorded > 0 && context.poke_courts) context.poke_courts();
    json refusals = json::array();
    for (const Error& one : batch->refused)
        if (refusals.size() < kRefusalsShown) refusals.push_back({{"detail", one.message}, {"where", one.where}});
    write_json({{"recorded", taken->recorded},
                {"counted", taken->counted},
                {"passed", taken->passed},
                {"refused", batch->refused.size()},
                {"refusals", std::move(refusals)}},
               res, 202);
}

}  // namespace

void route_evidence(http_engine::Server& server, Context& context) {
    const auto take = guarded(
        context.authorizer, Role::Propose,
        [&context](const auto& req, auto& res, const Caller& caller) { post_falco(context, req, res, caller); });
    server.Post("/v1/evidence/falco", take);
    server.Put("/v1/evidence/falco", take);  // Falco's http_output can be told to PUT
}

}  // namespace helix::http
