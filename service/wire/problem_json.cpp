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
};

constexpr std::array<Type, 28> kTypes = {{
    {"malformed", 400, "The body is not well-formed"},
    {"bad-parameter", 400, "A parameter or header is not what it must be"},
    {"idempotency-key-missing", 400, "This request needs an Idempotency-Key"},
    {"unauthenticated", 401, "Say who you are"},
    {"permission-denied", 403, "You may not do this"},
    {"not-found", 404, "There is no such thing"},
    {"method-not-allowed", 405, "The path does not take this method"},
    {"gate-break", 409, "The gate blocked the write"},
    {"stale-metrics", 409, "Blocked: a unit's use is not known now"},
    {"conflict", 409, "The object changed meanwhile"},
    {"already-exists", 409, "It is there already"},
    {"idempotency-in-progress", 409, "The first request with this key is still running"},
    {"precondition-failed", 412, "A condition does not hold"},
    {"body-too-large", 413, "The body is too large"},
    {"unsupported-media-type", 415, "The content type is not taken here"},
    {"invalid-argument", 422, "The request cannot be carried out"},
    {"unknown-field", 422, "The request has a member that has no meaning here"},
    {"reason-needed", 422, "The reason is missing, or the cluster contradicts it"},
    {"idempotency-key-reused", 422, "The key was used with another body"},
    {"resource-exhausted", 429, "A bound was hit"},
    {"headers-too-large", 431, "The headers are too large"},
    {"internal", 500, "Our own mistake"},
    {"data-loss", 500, "Stored data is damaged"},
    {"unimplemented", 501, "Not supported"},
    {"target-refused", 502, "The target did not carry out the write"},
    {"unavailable", 503, "Not reachable now"},
    {"unknown-outcome", 504, "The write may or may not have happened"},
    {"deadline-exceeded", 504, "It took too long"},
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
    if (!failure.mend.empty()) problem["mend"] = failure.mend;
    if (!failure.where.empty()) problem["where"] = failure.where;
    if (failure.retry_after_s > 0) problem["retry_after_s"] = failure.retry_after_s;
    return problem;
}

}  // namespace helix::wire
