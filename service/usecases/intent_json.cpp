#include "service/usecases/intent_json.hpp"

#include <nlohmann/json.hpp>

#include "service/wire/action_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

/// The action as far as reading its object back needs it: what a Secret holds was never written down.
gate::Action action_of(const std::string& target, const json& value) {
    const json plan = {{"target", target}, {"actions", json::array({value})}};
    if (auto whole = wire::plan_from_json(plan)) return std::move(whole->actions.front());
    gate::Action action;
    action.verb = gate::parse_verb(value.at("verb").get<std::string>()).value();
    const json& object = value.at("object");
    action.object = {object.value("api_version", ""), object.at("kind").get<std::string>(),
                     object.value("namespace", ""), object.at("name").get<std::string>()};
    action.reason = value.value("reason", "");
    if (value.contains("replicas")) action.replicas = value.at("replicas").get<std::int64_t>();
    return action;
}

ports::Before before_of(const json& value) {
    ports::Before before;
    before.exists = value.at("exists").get<bool>();
    before.uid = value.value("uid", "");
    before.resource_version = value.value("resource_version", "");
    before.generation = value.value("generation", std::int64_t{0});
    before.mark = value.value("mark", "");
    if (value.contains("replicas")) before.replicas = value.at("replicas").get<std::int64_t>();
    return before;
}

std::int64_t time_of(const json& value, const char* member) {
    return wire::from_rfc3339(value.at(member).get<std::string>()).value();
}

Intent read(const ledger::Record& record) {
    const json body = json::parse(record.body);
    Intent intent;
    intent.cycle.id = body.at("cycle").get<std::string>();
    intent.cycle.target = record.target;
    intent.cycle.target_kind = body.value("target_kind", "");
    intent.cycle.actor = record.actor;
    intent.cycle.idempotency_key = body.value("idempotency_key", "");
    intent.cycle.request_sha256 = body.value("request_sha256", "");
    intent.cycle.started_at_us = body.contains("started_at") ? time_of(body, "started_at") : record.at_us;
    intent.index = body.at("index").get<std::size_t>();
    intent.step.action = action_of(record.target, body.at("action"));
    intent.step.intent_seq = record.seq;
    intent.step.recorded_verdict = body.at("verdict").dump();
    if (body.contains("before")) intent.step.before = before_of(body.at("before"));
    for (const json& planned : body.value("plan", json::array()))
        intent.plan.push_back(action_of(record.target, planned));
    intent.at_us = record.at_us;
    if (const auto found = body.find("reservation"); found != body.end())
        intent.reserved = Reserved{time_of(*found, "until"), found->value("lasting", false)};
    return intent;
}

}  // namespace

Result<Intent> intent_of(const ledger::Record& record) {
    try {
        return read(record);
    } catch (const std::exception& failure) {  // the JSON library's, and those of an optional or a result without value
        return error(Code::DataLoss, "record " + std::to_string(record.seq) + " is no intent: " + failure.what(),
                     "look at it: helix ledger show " + std::to_string(record.seq));
    }
}

}  // namespace helix::usecases
