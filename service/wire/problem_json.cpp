#include "service/wire/problem_json.hpp"

#include <algorithm>
#include <array>

#include "service/wire/fields.hpp"

namespace helix::wire {
namespace {

struct Type {
    std::string_view name;
    int status;
    std::string_view title;
    std::string_view mend;  ///< when the failure itself knows no better
};

constexpr std::array<Type, 31> kTypes = {{
    {"malformed", 400, "The body is not well-formed", "send what GET /openapi.yaml describes, well-formed"},
    {"bad-parameter", 400, "A parameter or header is not what it must be",
     "mend the parameter; GET /openapi.yaml says what it takes"},
    {"idempotency-key-missing", 400, "This request needs an Idempotency-Key",
     "send a fresh unique key, like a UUID, or ask with dry_run=true"},
    {"unauthenticated", 401, "Say who you are", "send Authorization: Bearer TOKEN"},
    {"permission-denied", 403, "You may not do this",
     "use a token whose role allows it, or give the service the right in the cluster"},
    {"not-found", 404, "There is no such thing", "check the name; GET /openapi.yaml has the paths"},
    {"method-not-allowed", 405, "The path does not take this method", "use a method that the header Allow names"},
    {"request-timeout", 408, "The request did not arrive in time", "send the request without pauses"},
    {"gate-break", 409, "The gate blocked the write", "free memory first, or ask for less"},
    {"stale-metrics", 409, "Blocked: a unit's use is not known now", "wait for metrics: see GET /v1/units"},
    {"conflict", 409, "The object changed meanwhile", "read the object again and decide anew"},
    {"already-exists", 409, "It is there already", "use apply, or another name"},
    {"idempotency-in-progress", 409, "The first request with this key is still running",
     "ask again with the same key in a moment"},
    {"precondition-failed", 412, "A condition does not hold", "meet the condition first"},
    {"body-too-large", 413, "The body is too large", "send less at once"},
    {"target-too-long", 414, "Path and query are too long", "shorten path and query"},
    {"unsupported-media-type", 415, "The content type is not taken here", "send application/json"},
    {"expectation-failed", 417, "This expectation is not understood", "leave out Expect, or send Expect: 100-continue"},
    {"invalid-argument", 422, "The request cannot be carried out",
     "mend the request; GET /openapi.yaml has its schema"},
    {"unknown-field", 422, "The request has a member that has no meaning here", "leave it out"},
    {"reason-needed", 422, "The reason is missing, or the cluster contradicts it", "say which floor signal it answers"},
    {"idempotency-key-reused", 422, "The key was used with another body", "use a fresh key for a new request"},
    {"resource-exhausted", 429, "A bound was hit", "wait as Retry-After says, then ask again"},
    {"headers-too-large", 431, "The headers are too large", "send fewer or shorter headers"},
    {"internal", 500, "Our own mistake", ""},
    {"data-loss", 500, "Stored data is damaged", "call whoever runs the service; helix ledger verify names the damage"},
    {"unimplemented", 501, "Not supported", "use a verb and a kind that are supported"},
    {"target-refused", 502, "The target did not carry out the write", "mend at the target what detail says"},
    {"unavailable", 503, "Not reachable now", "ask again after Retry-After"},
    {"unknown-outcome", 504, "The write may or may not have happened",
     "read the cycle later; repeat only with the same Idempotency-Key"},
    {"deadline-exceeded", 504, "It took too long", "ask again"},
}};

const Type* find_type(std::string_view name) {
    const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& type) { return type.name == name; });
    return found == kTypes.end() ? nullptr : &*found;
}

std::string_view name_of(const Error& failure) {
    if (failure.code == Code::Blocked) return "gate-break";
    if (failure.code != Code::InvalidArgument) return to_string(failure.code);
    if (failure.message.starts_with(kUnknownField)) return "unknown-field";
    if (failure.where == "reason" || failure.where.ends_with("/reason")) return "reason-needed";
    return "invalid-argument";
}

}  // namespace

nlohmann::json problem_json(const Error& failure, std::string_view name) {
    const Type* type = find_type(name);
    if (type == nullptr) type = find_type(name_of(failure));
    if (type == nullptr) type = find_type("internal");
    nlohmann::json problem = {{"type", std::string(kProblemBase) + std::string(type->name)},
                              {"title", type->title},
                              {"status", type->status},
                              {"detail", failure.message}};
    const std::string_view mend = failure.mend.empty() ? type->mend : std::string_view(failure.mend);
    if (!mend.empty()) problem["mend"] = mend;
    if (!failure.where.empty()) problem["where"] = failure.where;
    if (failure.retry_after_s > 0) problem["retry_after_s"] = failure.retry_after_s;
    return problem;
}

}  // namespace helix::wire
