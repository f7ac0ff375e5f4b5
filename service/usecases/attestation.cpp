#include "service/usecases/attestation.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/ledger/digest.hpp"
#include "service/wire/dsse.hpp"
#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

constexpr const char* kStatement = "https://in-toto.io/Statement/v1";
constexpr const char* kPayloadType = "application/vnd.in-toto+json";

const json& member(const json& value, const char* name) {
    static const json kNothing;
    const auto found = value.is_object() ? value.find(name) : value.end();
    return found == value.end() ? kNothing : *found;
}

std::string text(const json& value, const char* name) {
    const json& found = member(value, name);
    return found.is_string() ? found.get<std::string>() : std::string();
}

json descriptor(const std::string& name, const std::string& sha256) {
    return {{"name", name}, {"digest", {{"sha256", sha256}}}};
}

/// The actions of a record that judges: those of a receipt, also the ones that were never come to, or the one of an
/// intent. None when no action has a verdict.
json actions_of(const json& body) {
    const json actions = member(body, "actions").is_array() ? body["actions"] : json::array({body});
    const bool judged =
        std::any_of(actions.begin(), actions.end(), [](const json& one) { return member(one, "verdict").is_object(); });
    return judged ? actions : json::array();
}

/// "prod/Deployment/shop/cart"
std::string object_name(const std::string& target, const json& object) {
    std::string name = target + "/" + text(object, "kind");
    for (const char* part : {"namespace", "name"})
        if (const std::string one = text(object, part); !one.empty()) name += "/" + one;
    return name;
}

json subjects_of(const ledger::Record& record, const std::string& origin, const json& actions) {
    json subjects = json::array();
    subjects.push_back(descriptor(origin + "/" + std::to_string(record.seq), ledger::to_hex(record.hash)));
    std::set<std::pair<std::string, std::string>> named;
    for (const json& one : actions) {
        const std::string name = object_name(record.target, member(member(one, "action"), "object"));
        const std::string digest = text(member(member(one, "verdict"), "certificate"), "digest");
        if (!digest.empty() && named.insert({name, digest}).second) subjects.push_back(descriptor(name, digest));
    }
    return subjects;
}

/// "0 scale Deployment/shop/cart": its place in the plan tells two actions on one object apart.
std::string test_name(const json& one, std::size_t place) {
    const json& action = member(one, "action");
    const std::string object = object_name("", member(action, "object"));
    return std::to_string(place) + " " + text(action, "verb") + " " + object.substr(1);
}

/// An action that has no verdict (the plan was stopped before it) did not pass: nothing says that it would have.
json test_result_of(const json& actions) {
    json passed = json::array(), failed = json::array(), configuration = json::array();
    std::set<std::string> models;
    for (std::size_t i = 0; i < actions.size(); ++i) {
        const json& verdict = member(actions[i], "verdict");
        (member(verdict, "passed") == true ? passed : failed).push_back(test_name(actions[i], i));
        const std::string model = text(verdict, "model_hash");
        if (!model.empty() && models.insert(model).second) configuration.push_back(descriptor("gate model", model));
    }
    return {{"result", failed.empty() ? "PASSED" : "FAILED"},
            {"configuration", std::move(configuration)},
            {"passedTests", std::move(passed)},
            {"failedTests", std::move(failed)}};
}

}  // namespace

Result<json> statement_of(const ledger::Record& record, const std::string& origin, Predicate predicate) {
    auto value = wire::to_json(record);
    if (!value) return value;
    const json actions = actions_of(member(*value, "body"));
    json statement = {{"_type", kStatement}, {"subject", subjects_of(record, origin, actions)}};
    if (predicate == Predicate::TestResult) {
        if (actions.empty())
            return error(Code::InvalidArgument, "record " + std::to_string(record.seq) + " has no verdict",
                         "ask for format dsse, or for a record of kind helix.cycle or helix.intent", "format");
        statement["predicateType"] = kTestResultPredicate;
        statement["predicate"] = test_result_of(actions);
    } else {
        statement["predicateType"] = record.kind == "helix.cycle" ? kCyclePredicate : kRecordPredicate;
        statement["predicate"] = {{"origin", origin}, {"record", *std::move(value)}};
    }
    return statement;
}

Result<json> attest(const ledger::Record& record, const ports::Signer& signer, Predicate predicate) {
    const auto statement = statement_of(record, signer.public_key().name, predicate);
    if (!statement) return statement;
    wire::Envelope envelope{kPayloadType, statement->dump(), {}};
    auto signature = signer.sign(wire::dsse_message(envelope.payload_type, envelope.payload));
    if (!signature) return std::move(signature).error();
    envelope.signature = *std::move(signature);
    return wire::to_json(envelope);
}

}  // namespace helix::usecases
