#include <functional>

#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using usecases::Cycle;
using usecases::CycleRequest;
using usecases::StepState;

constexpr std::size_t kKeyBytesMax = 256;

Result<CycleRequest> parse_request(const json& body, bool plan, const Caller& caller) {
    auto parsed = plan ? wire::plan_from_json(body) : wire::action_request_from_json(body);
    if (!parsed) return std::move(parsed).error();
    CycleRequest request;
    request.target = std::move(parsed->target);
    request.actions = std::move(parsed->actions);
    request.actor = caller.name;
    return request;
}

/// The answer to a BREAK, a refusal by the target or an unknown outcome: a problem that carries the receipt.
void write_stopped(const Cycle& cycle, const json& receipt, httplib::Response& response) {
    const usecases::Step& step = *cycle.deciding();
    json extra = {{"cycle", receipt}, {"instance", "/v1/cycles/" + cycle.id}};
    if (step.state == StepState::Blocked) {
        const std::size_t index = static_cast<std::size_t>(&step - cycle.steps.data());
        extra["verdict"] = receipt.at("actions").at(index).at("verdict");
        const bool stale = step.verdict->why == gate::Why::StaleMetrics;
        std::string mend = "ask for what `remedies` says, or free memory first";
        if (stale) mend = "wait for metrics: see GET /v1/units";
        if (step.verdict->why == gate::Why::Unmodelled)
            mend = "if no pod comes from this kind, add it to neutral_kinds";
        return write_problem(error(Code::Blocked, step.verdict->reason, mend, gate::describe(step.action.object)),
                             response, stale ? "stale-metrics" : "gate-break", extra);
    }
    Error problem =
        step.result && step.result->failure ? *step.result->failure : error(Code::Internal, "the step was not done");
    if (step.state == StepState::Unknown) {
        problem.code = Code::UnknownOutcome;
        return write_problem(problem, response, "unknown-outcome", extra);
    }
    const bool known = problem.code == Code::Conflict || problem.code == Code::NotFound ||
                       problem.code == Code::AlreadyExists || problem.code == Code::InvalidArgument ||
                       problem.code == Code::PermissionDenied || problem.code == Code::ResourceExhausted ||
                       problem.code == Code::Unavailable;
    write_problem(problem, response, known ? "" : "target-refused", extra);
}

void write_cycle(const Cycle& cycle, const Context& context, httplib::Response& response) {
    const json receipt = usecases::to_json(cycle, context.sha256);
    const std::string_view status = usecases::status_of(cycle);
    response.set_header("Location", "/v1/cycles/" + cycle.id);
    if (cycle.dry_run) return write_json(receipt, response, 200);
    if (status == "done" || status == "stopped") return write_json(receipt, response, 201);
    write_stopped(cycle, receipt, response);
}

/// The reason's own problem type, where the error is about the reason.
void write_refusal(const Error& problem, httplib::Response& response) {
    write_problem(problem, response, problem.where == "reason" ? "reason-needed" : "");
}

void post_act(Context& context, bool plan, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    const auto dry_run = flag_of(req, "dry_run");
    if (!dry_run) return write_bad_parameter(dry_run.error(), res);
    const std::string key = req.get_header_value("Idempotency-Key");
    if (key.empty() && !*dry_run)
        return write_problem(
            error(Code::InvalidArgument, "a request that acts needs an Idempotency-Key",
                  "send a fresh unique value, and the same one when you repeat the request", "Idempotency-Key"),
            res, "idempotency-key-missing");
    if (key.size() > kKeyBytesMax)
        return write_bad_parameter(
            error(Code::InvalidArgument, "the Idempotency-Key is over 256 bytes", "use a UUID", "Idempotency-Key"),
            res);
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    auto request = parse_request(*body, plan, caller);
    if (!request) return write_refusal(request.error(), res);
    request->dry_run = *dry_run;
    request->idempotency_key = key;
    if (*dry_run) {
        const auto cycle = context.helix.run(*request);
        return cycle ? write_cycle(*cycle, context, res) : write_refusal(cycle.error(), res);
    }
    const std::string scoped = caller.name + "\n" + key;
    const auto claim = context.keys.claim(scoped, std::hash<std::string>{}(req.path + "\n" + req.body));
    if (!claim)
        return write_problem(
            claim.error(), res,
            claim.error().code == Code::Conflict ? "idempotency-in-progress" : "idempotency-key-reused");
    if (*claim) {
        res.status = (*claim)->status == 201 ? 200 : (*claim)->status;
        res.set_header("Idempotency-Replayed", "true");
        return res.set_content((*claim)->body, (*claim)->content_type);
    }
    const auto cycle = context.helix.run(*request);
    if (!cycle) {
        write_refusal(cycle.error(), res);
        if (cycle.error().code != Code::UnknownOutcome) return context.keys.abandon(scoped);  // nothing was written
        return context.keys.finish(scoped, {res.status, res.get_header_value("Content-Type"), res.body});
    }
    write_cycle(*cycle, context, res);
    context.keys.finish(scoped, {res.status, res.get_header_value("Content-Type"), res.body});
}

void post_gate(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    const auto request = parse_request(*body, body->is_object() && body->contains("actions"), caller);
    if (!request) return write_refusal(request.error(), res);
    const auto cycle = context.helix.judge_only(*request);
    if (!cycle) return write_refusal(cycle.error(), res);
    write_json(usecases::gate_answer(*cycle, context.sha256), res);
}

/// The receipt of a `helix.cycle` record, with the record's place in the ledger.
json receipt_of(const ledger::Record& record) {
    json receipt = json::parse(record.body, nullptr, false);
    if (!receipt.is_object()) return json::object();
    receipt["ledger"]["receipt_seq"] = record.seq;
    receipt["ledger"]["id"] = record.id;
    receipt["ledger"]["hash"] = ledger::to_hex(record.hash);
    return receipt;
}

constexpr std::uint64_t kLookBack = 10'000;  ///< records searched for one cycle's id

void get_cycles(Context& context, const httplib::Request& req, httplib::Response& res) {
    const auto limit = number_of(req, "limit", 1, 200);
    if (!limit) return write_bad_parameter(limit.error(), res);
    const std::string status = text_of(req, "status");
    const std::string before = text_of(req, "before");
    const std::string target = text_of(req, "target");
    const std::size_t wanted = static_cast<std::size_t>(limit->value_or(50));
    json items = json::array();
    ports::LedgerQuery query{{}, 200, "helix.cycle", target, true};
    json next = nullptr;
    for (std::uint64_t seen = 0; seen < kLookBack;) {
        const auto page = context.ledger.list(query);
        if (!page) return write_problem(page.error(), res);
        for (const ledger::Record& record : *page) {
            json receipt = receipt_of(record);
            const std::string id = receipt.value("id", "");
            if (!before.empty() && id >= before) continue;
            if (!status.empty() && receipt.value("status", "") != status) continue;
            if (items.size() == wanted) {
                next = items.back().at("id");
                break;
            }
            items.push_back(std::move(receipt));
        }
        seen += page->size();
        if (!next.is_null() || page->size() < query.limit || page->back().seq == 0) break;
        query.from_seq = page->back().seq - 1;
    }
    write_json({{"items", std::move(items)}, {"next", std::move(next)}}, res);
}

void get_cycle(Context& context, const httplib::Request& req, httplib::Response& res) {
    const std::string id = req.matches[1];
    ports::LedgerQuery query{{}, 1000, "helix.cycle", {}, true};
    for (std::uint64_t seen = 0; seen < kLookBack;) {
        const auto page = context.ledger.list(query);
        if (!page) return write_problem(page.error(), res);
        for (const ledger::Record& record : *page) {
            if (record.body.find(id) == std::string::npos) continue;
            json receipt = receipt_of(record);
            if (receipt.value("id", "") == id) return write_json(receipt, res);
        }
        seen += page->size();
        if (page->size() < query.limit || page->back().seq == 0) break;
        query.from_seq = page->back().seq - 1;
    }
    write_problem(error(Code::NotFound, "no cycle " + id + " among the latest records", "look in GET /v1/ledger", id),
                  res);
}

}  // namespace

void route_cycles(http_engine::Server& server, Context& context) {
    const auto act = [&](bool plan) {
        return httplib::Server::Handler([&context, plan](const httplib::Request& req, httplib::Response& res) {
            // A dry run writes nothing: to propose is enough for it.
            const Role needed = text_of(req, "dry_run") == "true" ? Role::Propose : Role::Act;
            const auto caller = context.authorizer.authorize(req, needed);
            if (!caller) return write_problem(caller.error(), res);
            post_act(context, plan, req, res, *caller);
        });
    };
    server.Post("/v1/actions", act(false));
    server.Post("/v1/cycles", act(true));
    server.Post("/v1/gate", guarded(context.authorizer, Role::Propose,
                                    [&context](const auto& req, auto& res, const Caller& caller) {
                                        post_gate(context, req, res, caller);
                                    }));
    server.Get("/v1/cycles",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_cycles(context, req, res); }));
    server.Get(R"(/v1/cycles/([0-9A-HJKMNP-TV-Z]{26}))",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_cycle(context, req, res); }));
}

}  // namespace helix::http
