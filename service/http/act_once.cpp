#include "service/http/act_once.hpp"

#include <algorithm>
#include <array>

#include "service/usecases/cycle_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::size_t kKeyBytesMax = 255;
constexpr const char* kKeyHeader = "Idempotency-Key";

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

}  // namespace

httplib::Server::Handler acting(const Authorizer& authorizer, Handle handle) {
    return [&authorizer, handle = std::move(handle)](const httplib::Request& req, httplib::Response& res) {
        const Role needed = text_of(req, "dry_run") == "true" ? Role::Propose : Role::Act;
        const auto caller = authorizer.authorize(req, needed);
        if (!caller) return write_problem(caller.error(), res);
        handle(req, res, *caller);
    };
}

Result<std::string> idempotency_key_of(const httplib::Request& request, bool dry_run) {
    if (request.get_header_value_count(kKeyHeader) > 1)  // there is no telling which one a proxy or a retry goes by
        return error(Code::InvalidArgument, "the Idempotency-Key is given more than once", "send it once", kKeyHeader);
    std::string key = request.get_header_value(kKeyHeader);
    if (key.empty() && !dry_run)
        return error(Code::InvalidArgument, "a request that acts needs an Idempotency-Key",
                     "send a fresh unique value, and the same one when you repeat the request", kKeyHeader);
    const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
    if (key.size() > kKeyBytesMax || !std::all_of(key.begin(), key.end(), visible))
        return error(Code::InvalidArgument, "the Idempotency-Key is not 1 to 255 visible characters", "use a UUID",
                     kKeyHeader);
    return key;
}

void write_bad_key(const Error& problem, httplib::Response& response) {
    const bool missing = problem.message.starts_with("a request that acts");
    write_problem(problem, response, missing ? "idempotency-key-missing" : "bad-parameter");
}

void write_refusal(const Error& problem, httplib::Response& response) {
    std::string_view name = problem.where == "reason" ? "reason-needed" : "";
    if (problem.where == kKeyHeader)
        name = problem.code == Code::Conflict ? "idempotency-in-progress" : "idempotency-key-reused";
    write_problem(problem, response, name);
}

void act_once(Context& context, usecases::CycleRequest request, std::string_view told, httplib::Response& response) {
    request.request_sha256 = ledger::to_hex(context.sha256(told));
    if (request.dry_run) {
        const auto cycle = context.helix.run(request);
        return cycle ? write_receipt(usecases::to_json(*cycle, context.sha256), false, response)
                     : write_refusal(cycle.error(), response);
    }
    const auto answer = context.once.run(request);
    if (!answer) return write_refusal(answer.error(), response);
    write_receipt(answer->receipt, answer->replayed, response);
}

}  // namespace helix::http
