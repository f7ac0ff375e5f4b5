#include "service/wire/problem_json.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace helix::wire {
namespace {

using nlohmann::json;

struct Kind {
    std::string_view name;
    int status;
    std::string_view title;
};

/// openapi/helix.yaml, "Errors": the one table of types, statuses and titles.
constexpr auto kKinds = std::to_array<Kind>({
    {"malformed", 400, "The body cannot be read"},
    {"bad-parameter", 400, "A parameter is not what it must be"},
    {"idempotency-key-missing", 400, "A request that acts needs an Idempotency-Key"},
    {"unauthenticated", 401, "No valid bearer token"},
    {"permission-denied", 403, "Not allowed"},
    {"not-found", 404, "Not found"},
    {"method-not-allowed", 405, "The method is not served here"},
    {"gate-break", 409, "The gate blocked the write"},
    {"stale-metrics", 409, "Blocked: a unit's figure is missing or too old"},
    {"conflict", 409, "The object changed meanwhile"},
    {"already-exists", 409, "The object is there already"},
    {"idempotency-in-progress", 409, "The first request with this key is still running"},
    {"precondition-failed", 412, "A stated condition does not hold"},
    {"body-too-large", 413, "The body is too large"},
    {"unsupported-media-type", 415, "The body's content type is not taken here"},
    {"invalid-argument", 422, "The request cannot be carried out"},
    {"unknown-field", 422, "A member that has no meaning here"},
    {"reason-needed", 422, "The reason is missing, says no floor signal, or is contradicted"},
    {"idempotency-key-reused", 422, "The key was used before with another request"},
    {"resource-exhausted", 429, "Too much at once"},
    {"headers-too-large", 431, "The headers are too large"},
    {"internal", 500, "Our own mistake"},
    {"data-loss", 500, "Stored data is damaged"},
    {"unimplemented", 501, "Not supported"},
    {"target-refused", 502, "The target did not carry out the write"},
    {"unavailable", 503, "Away for now"},
    {"unknown-outcome", 504, "The write may or may not have happened"},
    {"deadline-exceeded", 504, "It took too long"},
});

std::string_view name_of(const Error& problem) {
    if (problem.code == Code::Blocked) return "gate-break";
    if (problem.message.rfind("unknown field", 0) == 0) return "unknown-field";
    return to_string(problem.code);
}

}  // namespace

json problem_json(const Error& problem, std::string_view name) {
    if (name.empty()) name = name_of(problem);
    const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.name == name; });
    const Kind kind = found == kKinds.end() ? Kind{"internal", 500, "Our own mistake"} : *found;
    json result = {{"type", "https://helix.eose.ca/problems/" + std::string(kind.name)},
                   {"title", kind.title},
                   {"status", kind.status},
                   {"detail", problem.message}};
    if (!problem.mend.empty()) result["mend"] = problem.mend;
    if (!problem.where.empty()) result["where"] = problem.where;
    if (problem.retry_after_s > 0) result["retry_after_s"] = problem.retry_after_s;
    return result;
}

}  // namespace helix::wire
