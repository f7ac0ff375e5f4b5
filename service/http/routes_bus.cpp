#include <set>
#include <sstream>

#include "service/http/cloud_events.hpp"
#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_start.hpp"
#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/usecases/receive_events.hpp"
#include "service/wire/fields.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

json to_json(const usecases::EventReceipt& receipt) {
    return {{"source", receipt.source},
            {"id", receipt.id},
            {"seq", receipt.record.seq},
            {"record_id", receipt.record.id},
            {"duplicate", receipt.duplicate}};
}

/// A JSON pointer in `where` of what is not valid means that the JSON itself was well-formed.
void refuse_events(const Error& problem, httplib::Response& res) {
    const bool well_formed = problem.where.starts_with('/') && problem.code != Code::ResourceExhausted;
    return well_formed ? write_problem(problem, res) : write_bad_body(problem, res);
}

void post_events(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    if (const auto known = only_params(req, {}); !known) return write_bad_parameter(known.error(), res);
    const auto events = cloud_events_of(req);
    if (!events) return refuse_events(events.error(), res);
    const auto received = usecases::receive_events(context.writer, context.ledger, caller.name, *events);
    if (!received && received.error().code == Code::DataLoss) return write_problem(received.error(), res);
    if (!received) return refuse_events(received.error(), res);
    json receipts = json::array();
    for (const usecases::EventReceipt& receipt : received->receipts) {
        receipts.push_back(to_json(receipt));
        if (!receipt.duplicate)
            context.bus.publish({"ledger.record", "", usecases::record_summary(receipt.record), receipt.record.id});
    }
    if (received->failure) return write_problem(*received->failure, res, {}, {{"events", std::move(receipts)}});
    write_json({{"events", std::move(receipts)}}, res, 202);
}

Result<std::set<std::string, std::less<>>> list_of(const httplib::Request& req, const char* name, std::size_t items_max,
                                                   std::size_t characters_max) {
    std::set<std::string, std::less<>> items;
    std::istringstream text(text_of(req, name));
    std::size_t count = 0;
    for (std::string item; std::getline(text, item, ',');) {
        if (++count > items_max || item.empty() || wire::characters(item) > characters_max)
            return error(Code::InvalidArgument,
                         std::string(name) + " is not a list of 1 to " + std::to_string(items_max) +
                             " names of at most " + std::to_string(characters_max) + " characters",
                         "join them by commas", name);
        items.insert(std::move(item));
    }
    return items;
}

bool wanted(const http_engine::TopicFilter& filter, const ports::Event& event) {
    return (filter.types.empty() || filter.types.contains(event.type)) &&
           (filter.targets.empty() || event.target.empty() || filter.targets.contains(event.target));
}

constexpr TextRule kSnapshot{"snapshot", [](const std::string& text) { return text == "0" || text == "1"; }, "0 or 1"};
constexpr TextRule kLastEventId{"last_event_id",
                                [](const std::string& text) {
                                    return text.size() <= 19 &&
                                           text.find_first_not_of("0123456789") == std::string::npos;
                                },
                                "an event's id"};

void get_stream(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"types", "targets", "snapshot", "last_event_id"}); !known)
        return write_bad_parameter(known.error(), res);
    auto types = list_of(req, "types", 32, 64);
    if (!types) return write_bad_parameter(types.error(), res);
    auto targets = list_of(req, "targets", 256, 253);
    if (!targets) return write_bad_parameter(targets.error(), res);
    http_engine::StreamRequest request;
    request.filter = {*std::move(types), *std::move(targets)};
    for (const std::string& target : request.filter.targets)
        if (context.targets.find(target) == nullptr)
            return write_problem(
                error(Code::NotFound, "no target \"" + target.substr(0, 80) + "\"", "see GET /v1/targets", "targets"),
                res);
    if (const auto texts = check_texts(req, {kSnapshot, kLastEventId}); !texts)
        return write_bad_parameter(texts.error(), res);
    const std::string snapshot = text_of(req, "snapshot");
    const auto last = http_engine::last_event_id_of(req);
    if (!last) return write_bad_parameter(last.error(), res);
    request.last_event_id = *last;
    const http_engine::TopicFilter filter = request.filter;
    request.preface = [&context, filter, snapshot](const http_engine::ResumePoint& point) {
        http_engine::Preface preface;
        if (snapshot == "0" || point.held) return preface;
        context.snapshot([&](const std::vector<ports::Event>& events) {
            for (const ports::Event& event : events)
                if (wanted(filter, event))
                    preface.frames.push_back(std::make_shared<const std::string>(
                        http_engine::sse_body(http_engine::sse_type(event.type), context.bus.cloud_event(event))));
        });
        return preface;
    };
    if (const auto started = http_engine::start_stream(context.hub, res, std::move(request)); !started)
        write_problem(started.error(), res);
}

}  // namespace

void route_bus(http_engine::Server& server, Context& context) {
    server.Post("/v1/events", guarded(context.authorizer, Role::Propose,
                                      [&context](const auto& req, auto& res, const Caller& caller) {
                                          post_events(context, req, res, caller);
                                      }));
    server.Get("/v1/stream",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_stream(context, req, res); }));
}

}  // namespace helix::http
