#include <algorithm>
#include <array>

#include "domain/ledger/ulid.hpp"
#include "service/http/act_once.hpp"
#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/usecases/named_record.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using usecases::CycleRequest;

Result<CycleRequest> parse_request(const json& body, bool plan, const Caller& caller) {
    auto parsed = plan ? wire::plan_from_json(body) : wire::action_request_from_json(body);
    if (!parsed) return std::move(parsed).error();
    CycleRequest request;
    request.target = std::move(parsed->target);
    request.actions = std::move(parsed->actions);
    request.actor = caller.name;
    return request;
}

void post_act(Context& context, bool plan, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    if (const auto known = only_params(req, {"dry_run"}); !known) return write_bad_parameter(known.error(), res);
    const auto dry_run = flag_of(req, "dry_run");
    if (!dry_run) return write_bad_parameter(dry_run.error(), res);
    const auto key = idempotency_key_of(req, *dry_run);
    if (!key) return write_bad_key(key.error(), res);
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    auto request = parse_request(*body, plan, caller);
    if (!request) return write_refusal(request.error(), res);
    request->dry_run = *dry_run;
    request->idempotency_key = *key;
    act_once(context, *std::move(request), req.path + "\n" + req.body, res);
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
constexpr TextRule kBefore{"before", [](const std::string& text) { return ledger::is_ulid(text); }, "a cycle's id"};
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
        if (!next.is_null() || !ports::is_full(*page, query) || page->back().seq == 0) break;
        query.from_seq = page->back().seq - 1;
    }
    write_json({{"items", std::move(items)}, {"next", std::move(next)}}, res);
}

void get_cycle(Context& context, const httplib::Request& req, httplib::Response& res) {
    const std::string id = req.matches[1];
    if (!ledger::is_ulid(id))
        return write_bad_parameter(error(Code::InvalidArgument, "not a cycle's id", "it is a ULID", "id"), res);
    const auto receipt = usecases::find_cycle_receipt(context.ledger, id);
    if (!receipt) return write_problem(receipt.error(), res);
    if (!*receipt)
        return write_problem(error(Code::NotFound, "no cycle " + id + " has ended", "look in GET /v1/ledger", id), res);
    write_json(usecases::receipt_of(**receipt), res);
}

}  // namespace

void route_cycles(http_engine::Server& server, Context& context) {
    const auto act = [&](bool plan) {
        return acting(context.authorizer, [&context, plan](const auto& req, auto& res, const Caller& caller) {
            post_act(context, plan, req, res, caller);
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
