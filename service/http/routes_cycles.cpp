#include <algorithm>
#include <array>
#include <functional>

#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using usecases::CycleRequest;

constexpr std::size_t kKeyBytesMax = 255;
constexpr const char* kKeyHeader = "Idempotency-Key";

Result<CycleRequest> parse_request(const json& body, bool plan, const Caller& caller) {
    auto parsed = plan ? wire::plan_from_json(body) : wire::action_request_from_json(body);
    if (!parsed) return std::move(parsed).error();
    CycleRequest request;
    request.target = std::move(parsed->target);
    request.actions = std::move(parsed->actions);
    request.actor = caller.name;
    return request;
}

/// The step that decided: the first that neither was done nor would have passed.
const json& deciding(const json& receipt) {
    const json& actions = receipt.at("actions");
    const auto found = std::find_if(actions.begin(), actions.end(), [](const json& action) {
        const std::string outcome = action.value("outcome", "");
        return outcome != "applied" && outcome != "dry-run";
    });
    return found != actions.end() ? *found : actions.back();
}

void write_break(const json& step, json extra, httplib::Response& response) {
    const json& verdict = step.at("verdict");
    const std::string why = verdict.value("why", "");
    const bool stale = why == to_string(gate::Why::StaleMetrics);
    std::string mend = "ask for what `remedies` says, or free memory first";
    if (stale) mend = "wait for metrics: see GET /v1/units";
    if (why == to_string(gate::Why::EngineDisagreement))
        mend = "one engine is wrong: read the record engine.disagreement";
    if (why == to_string(gate::Why::EngineSilent))
        mend = "see `findings`: mend that engine, or take it out of `engines`";
    if (why == to_string(gate::Why::Unmodelled)) mend = "if no pod comes from this kind, add it to neutral_kinds";
    extra["verdict"] = verdict;
    const gate::ObjectRef object = {"", step.at("object").value("kind", ""), step.at("object").value("namespace", ""),
                                    step.at("object").value("name", "")};
    write_problem(error(Code::Blocked, verdict.value("reason", ""), mend, gate::describe(object)), response,
                  stale ? "stale-metrics" : "gate-break", extra);
}

/// The answer to a BREAK, a refusal by the target or an unknown outcome: a problem that carries the receipt.
void write_stopped(const json& receipt, httplib::Response& response) {
    const json extra = {{"cycle", receipt}, {"instance", "/v1/cycles/" + receipt.value("id", "")}};
    const json& step = deciding(receipt);
    const std::string outcome = step.value("outcome", "");
    if (outcome == "not-run")
        return write_break({{"verdict", step.at("verdict")}, {"object", step.at("action").at("object")}}, extra,
                           response);
    const json recorded = step.value("problem", json::object());
    Error problem = error(Code::Internal, recorded.value("detail", "the step was not done"), recorded.value("mend", ""),
                          recorded.value("where", ""));
    if (outcome == "unknown") return write_problem(problem, response, "unknown-outcome", extra);
    // "Try again later" is no answer here: this request has its receipt, another try is another request.
    constexpr std::array<std::string_view, 7> kOwnNames = {"conflict",         "not-found",     "already-exists",
                                                           "invalid-argument", "unknown-field", "reason-needed",
                                                           "permission-denied"};
    const std::string type = recorded.value("type", "");
    const std::string name = type.substr(type.rfind('/') + 1);
    const bool known = std::find(kOwnNames.begin(), kOwnNames.end(), name) != kOwnNames.end();
    if (!known) problem.mend = "ask again with a fresh Idempotency-Key";
    write_problem(problem, response, known ? name : "target-refused", extra);
}

/// The answer that a receipt gives; the same whenever it is asked for, but for the status of what was created before.
void write_receipt(const json& receipt, bool replayed, httplib::Response& response) {
    const std::string status = receipt.value("status", "");
    response.set_header("Location", "/v1/cycles/" + receipt.value("id", ""));
    if (replayed) response.set_header("Idempotency-Replayed", "true");
    if (status == "dry-run") return write_json(receipt, response, 200);
    if (status == "done" || status == "stopped") return write_json(receipt, response, replayed ? 200 : 201);
    write_stopped(receipt, response);
}

/// The reason's own problem type, where the error is about the reason, and those of the key.
void write_refusal(const Error& problem, httplib::Response& response) {
    std::string_view name = problem.where == "reason" ? "reason-needed" : "";
    if (problem.where == kKeyHeader)
        name = problem.code == Code::Conflict ? "idempotency-in-progress" : "idempotency-key-reused";
    write_problem(problem, response, name);
}

void post_act(Context& context, bool plan, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    if (const auto known = only_params(req, {"dry_run"}); !known) return write_bad_parameter(known.error(), res);
    const auto dry_run = flag_of(req, "dry_run");
    if (!dry_run) return write_bad_parameter(dry_run.error(), res);
    const std::string key = req.get_header_value(kKeyHeader);
    if (key.empty() && !*dry_run)
        return write_problem(
            error(Code::InvalidArgument, "a request that acts needs an Idempotency-Key",
                  "send a fresh unique value, and the same one when you repeat the request", kKeyHeader),
            res, "idempotency-key-missing");
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (key.size() > kKeyBytesMax || !std::all_of(key.begin(), key.end(), visible))
        return write_bad_parameter(
            error(Code::InvalidArgument, "the Idempotency-Key is not 1 to 255 visible characters", "use a UUID",
                  kKeyHeader),
            res);
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    auto request = parse_request(*body, plan, caller);
    if (!request) return write_refusal(request.error(), res);
    request->dry_run = *dry_run;
    request->idempotency_key = key;
    request->request_sha256 = ledger::to_hex(context.sha256(req.path + "\n" + req.body));
    if (*dry_run) {
        const auto cycle = context.helix.run(*request);
        return cycle ? write_receipt(usecases::to_json(*cycle, context.sha256), false, res)
                     : write_refusal(cycle.error(), res);
    }
    const auto answer = context.once.run(*request);
    if (!answer) return write_refusal(answer.error(), res);
    write_receipt(answer->receipt, answer->replayed, res);
}

void post_gate(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    if (const auto known = only_params(req, {"smt2"}); !known) return write_bad_parameter(known.error(), res);
    const auto smt2 = flag_of(req, "smt2");
    if (!smt2) return write_bad_parameter(smt2.error(), res);
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    auto request = parse_request(*body, body->is_object() && body->contains("actions"), caller);
    if (!request) return write_refusal(request.error(), res);
    request->smt2 = *smt2;
    const auto cycle = context.helix.judge_only(*request);
    if (!cycle) return write_refusal(cycle.error(), res);
    write_json(usecases::gate_answer(*cycle, context.sha256), res);
}

constexpr std::uint64_t kLookBack = 10'000;  ///< records searched for one cycle's id

constexpr TextRule kTarget{"target", is_target_name, "a target's name"};
constexpr TextRule kBefore{"before", is_ulid, "a cycle's id"};
constexpr TextRule kStatus{"status",
                           [](const std::string& text) {
                               constexpr std::array<std::string_view, 7> kStatuses = {
                                   "running", "done", "blocked", "stopped", "failed", "unknown", "dry-run"};
                               return std::find(kStatuses.begin(), kStatuses.end(), text) != kStatuses.end();
                           },
                           "a cycle's status"};

void get_cycles(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target", "status", "limit", "before"}); !known)
        return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget, kStatus, kBefore}); !texts)
        return write_bad_parameter(texts.error(), res);
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
            json receipt = usecases::receipt_of(record);
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
    if (!is_ulid(id))
        return write_bad_parameter(error(Code::InvalidArgument, "not a cycle's id", "it is a ULID", "id"), res);
    const auto seq = context.ledger.find(usecases::cycle_name(id));
    if (!seq) return write_problem(seq.error(), res);
    if (!*seq)
        return write_problem(error(Code::NotFound, "no cycle " + id + " has ended", "look in GET /v1/ledger", id), res);
    const auto record = context.ledger.read(**seq);
    if (!record) return write_problem(record.error(), res);
    write_json(usecases::receipt_of(*record), res);
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
    server.Get(R"(/v1/cycles/([^/]+))",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_cycle(context, req, res); }));
}

}  // namespace helix::http
