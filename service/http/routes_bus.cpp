#include <mutex>
#include <set>
#include <sstream>

#include "service/http/cloud_events.hpp"
#include "service/http/engine/sse_frame.hpp"
#include "service/http/engine/stream_start.hpp"
#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

/// Remembers the latest (source, id) pairs: an event delivered again is accepted and not recorded twice.
class SeenEvents {
public:
    /// True when the pair was not seen before.
    bool add(const std::string& source, const std::string& id) {
        const std::lock_guard lock(mutex_);
        if (!seen_.insert(source + "\n" + id).second) return false;
        order_.push_back(source + "\n" + id);
        if (order_.size() > kMost) {
            seen_.erase(order_.front());
            order_.pop_front();
        }
        return true;
    }
    void forget(const std::string& source, const std::string& id) {
        const std::lock_guard lock(mutex_);
        seen_.erase(source + "\n" + id);
    }

private:
    static constexpr std::size_t kMost = 100'000;
    std::mutex mutex_;
    std::set<std::string> seen_;
    std::deque<std::string> order_;
};

void post_events(Context& context, SeenEvents& seen, const httplib::Request& req, httplib::Response& res,
                 const Caller& caller) {
    const auto events = cloud_events_of(req);
    if (!events) {
        const bool type = events.error().code == Code::Unimplemented;
        return type ? write_bad_body(events.error(), res) : write_problem(events.error(), res, "malformed");
    }
    json ids = json::array();
    for (const json& event : *events) {
        const std::string& source = event.at("source").get_ref<const std::string&>();
        const std::string& id = event.at("id").get_ref<const std::string&>();
        ids.push_back(id);
        if (!seen.add(source, id)) continue;
        const auto record = context.writer.append("event.received", "", caller.name, event.dump());
        if (!record) {
            seen.forget(source, id);
            return write_problem(record.error(), res);
        }
        context.bus.publish({"ledger.record", "", usecases::record_summary(*record), record->id});
    }
    write_json({{"ids", std::move(ids)}}, res, 202);
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
    const auto seen = std::make_shared<SeenEvents>();
    server.Post("/v1/events", guarded(context.authorizer, Role::Propose,
                                      [&context, seen](const auto& req, auto& res, const Caller& caller) {
                                          post_events(context, *seen, req, res, caller);
                                      }));
    server.Get("/v1/stream",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_stream(context, req, res); }));
}

}  // namespace helix::http
