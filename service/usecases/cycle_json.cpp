#include "service/usecases/cycle_json.hpp"

#include <algorithm>

#include "domain/ledger/digest.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/problem_json.hpp"
#include "service/wire/timestamps.hpp"
#include "service/wire/verdict_json.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

double percent(std::int64_t micro_pct) {
    return static_cast<double>(micro_pct) / 1e6;
}

std::string_view outcome_of(const Step& step) {
    switch (step.state) {
        case StepState::Done:
            return "applied";
        case StepState::Failed:
            return "not-applied";
        case StepState::Partly:
            return "partly-applied";
        case StepState::Unknown:
            return "unknown";
        case StepState::WouldPass:
            return "dry-run";
        case StepState::Blocked:
        case StepState::NotReached:
            return "not-run";
    }
    return "not-run";
}

std::string_view schema_name(LinkState state) {
    return state == LinkState::NotReached ? "skipped" : to_string(state);
}

json links_json(const Cycle& cycle) {
    json links = json::array();
    for (const LinkTrace& link : cycle.links)
        links.push_back({{"link", gate::to_string(link.link)}, {"state", schema_name(link.state)}});
    return links;
}

void set_text(json& object, const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

json readings_json(const Step& step) {
    json readings = json::array();
    for (const Reading& reading : step.readings)
        readings.push_back({{"unit", reading.unit},
                            {"used", reading.used},
                            {"used_pct", percent(reading.actual_micro_pct)},
                            {"after_pct_est", percent(reading.estimate_micro_pct)},
                            {"break", reading.below_floor},
                            {"age_s", static_cast<double>(reading.age_us / 1000) / 1000.0}});
    return readings;
}

json before_json(const ports::Before& before) {
    json value = {{"exists", before.exists}};
    set_text(value, "uid", before.uid);
    set_text(value, "resource_version", before.resource_version);
    set_text(value, "mark", before.mark);
    if (before.generation != 0) value["generation"] = before.generation;
    if (before.replicas) value["replicas"] = *before.replicas;
    return value;
}

json step_json(const Step& step, std::size_t index, ledger::Sha256 sha256) {
    json result = {{"index", index}, {"action", wire::to_json(step.action)}, {"outcome", outcome_of(step)}};
    if (step.verdict) result["verdict"] = wire::to_json(*step.verdict, sha256);
    if (!step.recorded_verdict.empty()) result["verdict"] = json::parse(step.recorded_verdict, nullptr, false);
    if (step.result) {
        set_text(result, "detail", step.result->detail);
        set_text(result, "resource_version_before", step.result->resource_version_before);
        set_text(result, "resource_version_after", step.result->resource_version_after);
        set_text(result, "uid", step.result->uid);
        if (step.result->failure) result["problem"] = wire::problem_json(*step.result->failure);
    }
    if (step.intent_seq) result["intent_seq"] = *step.intent_seq;
    if (!step.readings.empty()) result["actual"] = readings_json(step);
    return result;
}

}  // namespace

std::string_view status_of(const Cycle& cycle) {
    if (cycle.dry_run) return "dry-run";
    const bool some_done = std::any_of(cycle.steps.begin(), cycle.steps.end(), [](const Step& step) {
        return step.state == StepState::Done || step.state == StepState::Partly;
    });
    switch (cycle.outcome()) {
        case StepState::Done:
            return "done";
        case StepState::Unknown:
            return "unknown";
        case StepState::Blocked:
            return some_done ? "stopped" : "blocked";
        default:
            return some_done ? "stopped" : "failed";
    }
}

json to_json(const Cycle& cycle, ledger::Sha256 sha256) {
    json result = {{"id", cycle.id},
                   {"target", cycle.target},
                   {"target_kind", cycle.target_kind},
                   {"actor", cycle.actor},
                   {"status", status_of(cycle)},
                   {"dry_run", cycle.dry_run},
                   {"at", wire::to_rfc3339(cycle.started_at_us)},
                   {"ended_at", wire::to_rfc3339(cycle.ended_at_us)},
                   {"gamma1", ledger::kGamma1},
                   {"turns", cycle.turns},
                   {"links", links_json(cycle)},
                   {"actions", json::array()}};
    set_text(result, "idempotency_key", cycle.idempotency_key);
    set_text(result, "request_sha256", cycle.request_sha256);
    if (cycle.recovered) result["recovered"] = true;
    for (std::size_t i = 0; i < cycle.steps.size(); ++i)
        result["actions"].push_back(step_json(cycle.steps[i], i, sha256));
    if (cycle.receipt_seq) {
        result["ledger"] = {
            {"receipt_seq", *cycle.receipt_seq}, {"id", cycle.receipt_id}, {"hash", cycle.receipt_hash}};
        for (const Step& step : cycle.steps)
            if (step.intent_seq && !result["ledger"].contains("intent_seq"))
                result["ledger"]["intent_seq"] = *step.intent_seq;
    }
    return result;
}

json gate_answer(const Cycle& cycle, ledger::Sha256 sha256) {
    json verdicts = json::array();
    bool passed = true;
    for (std::size_t i = 0; i < cycle.steps.size(); ++i) {
        const Step& step = cycle.steps[i];
        passed = passed && step.verdict && step.verdict->passed;
        if (!step.verdict) continue;
        const json action = wire::to_json(step.action);
        verdicts.push_back({{"index", i},
                            {"verb", action.at("verb")},
                            {"object", action.at("object")},
                            {"verdict", wire::to_json(*step.verdict, sha256)}});
        set_text(verdicts.back(), "smt2", step.smt2);
    }
    return {{"target", cycle.target}, {"passed", passed}, {"verdicts", std::move(verdicts)}};
}

std::string intent_body(const Cycle& cycle, std::size_t index, const std::optional<Reserved>& reserved,
                        ledger::Sha256 sha256) {
    const Step& step = cycle.steps[index];
    json body = step_json(step, index, sha256);
    body.erase("outcome");
    body["cycle"] = cycle.id;
    body["target_kind"] = cycle.target_kind;
    body["started_at"] = wire::to_rfc3339(cycle.started_at_us);
    set_text(body, "idempotency_key", cycle.idempotency_key);
    set_text(body, "request_sha256", cycle.request_sha256);
    if (step.before) body["before"] = before_json(*step.before);
    if (reserved) {
        body["reservation"] = {{"id", step_mark(cycle, index)}, {"until", wire::to_rfc3339(reserved->until_us)}};
        if (reserved->lasting) body["reservation"]["lasting"] = true;
    }
    if (index > 0 || cycle.steps.size() == 1) return body.dump(-1, ' ', false, json::error_handler_t::replace);
    for (const Step& planned : cycle.steps) body["plan"].push_back(wire::to_json(planned.action));
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string receipt_body(const Cycle& cycle, ledger::Sha256 sha256) {
    return to_json(cycle, sha256).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string expiry_body(const gate::Reservation& reservation) {
    json groups = json::array();
    for (const gate::PodGroup& group : reservation.effect.incoming)
        groups.push_back(
            {{"owner", gate::describe(group.owner)}, {"count", group.count}, {"shown", reservation.shown}});
    return json{{"reservation", reservation.id}, {"groups", std::move(groups)}}.dump(-1, ' ', false,
                                                                                     json::error_handler_t::replace);
}

std::string verdict_event(const Cycle& cycle) {
    json event = {{"cycle", cycle.id}, {"target", cycle.target}, {"status", status_of(cycle)}};
    if (const Step* step = cycle.deciding(); step != nullptr && step->verdict) {
        event["passed"] = step->verdict->passed;
        event["why"] = gate::to_string(step->verdict->why);
        event["reason"] = step->verdict->reason;
        event["after_pct_est"] = percent(step->verdict->after_micro_pct);
        event["verb"] = gate::to_string(step->action.verb);
        event["object"] = gate::describe(step->action.object);
    }
    return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string cycle_event(const Cycle& cycle) {
    json event = {{"id", cycle.id},
                  {"target", cycle.target},
                  {"actor", cycle.actor},
                  {"status", status_of(cycle)},
                  {"links", links_json(cycle)},
                  {"actions", json::array()}};
    for (const Step& step : cycle.steps) {
        json one = {{"verb", gate::to_string(step.action.verb)},
                    {"object", gate::describe(step.action.object)},
                    {"outcome", outcome_of(step)}};
        if (step.verdict) one["reason"] = step.verdict->reason;
        if (step.result) set_text(one, "detail", step.result->detail);
        event["actions"].push_back(std::move(one));
    }
    event["at"] = wire::to_rfc3339(cycle.ended_at_us);
    if (cycle.receipt_seq) event["receipt_seq"] = *cycle.receipt_seq;
    return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string record_summary(const ledger::Record& record) {
    return json{{"seq", record.seq},
                {"id", record.id},
                {"at", wire::to_rfc3339(record.at_us)},
                {"kind", record.kind},
                {"target", record.target},
                {"actor", record.actor},
                {"hash", ledger::to_hex(record.hash)}}
        .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace helix::usecases
