#include <set>
#include <sstream>

#include "service/http/cloud_events.hpp"
#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_start.hpp"
#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/usecases/receive_events.hpp"

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

void post_events(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    const auto events = cloud_events_of(req);
    if (!events) return write_bad_body(events.error(), res);
    const auto received = usecases::receive_events(context.writer, context.ledger, caller.name, *events);
    if (!received) return write_bad_body(received.error(), res);
    json receipts = json::array();
    for (const usecases::EventReceipt& receipt : received->receipts) {
        receipts.push_back(to_json(receipt));
        if (!receipt.duplicate)
            context.bus.publish({"ledger.record", "", usecases::record_summary(receipt.record), receipt.record.id});
    }
    if (received->failure) return write_problem(*received->failure, res, {}, {{"events", std::move(receipts)}});
    write_json({{"events", std::move(receipts)}}, res, 202);
}

std::set<std::string, std::less<>> list_of(const httplib::Request& req, const char* name) {
    std::set<std::string, std::less<>> items;
    std::istringstream text(text_of(req, name));
    for (std::string item; std::getline(text, item, ',');)
        if (!item.empty()) items.insert(item);
    return items;
}

bool wanted(const http_engine::TopicFilter& filter, const ports::Event& event) {
    return (filter.types.empty() || filter.types.contains(event.type)) &&
           (filter.targets.empty() || event.target.empty() || filter.targets.contains(event.target));
}

void get_stream(Context& context, const httplib::Request& req, httplib::Response& res) {
    http_engine::StreamRequest request;
    request.filter = {list_of(req, "types"), list_of(req, "targets")};
    for (const std::string& target : request.filter.targets)
        if (context.targets.find(target) == nullptr)
            return write_problem(
                error(Code::NotFound, "no target \"" + target.substr(0, 80) + "\"", "see GET /v1/targets", "targets"),
                res);
    const std::string snapshot = text_of(req, "snapshot");
    if (!snapshot.empty() && snapshot != "0" && snapshot != "1")
        return write_bad_parameter(error(Code::InvalidArgument, "snapshot is 0 or 1", "leave it out for 1", "snapshot"),
                                   res);
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
