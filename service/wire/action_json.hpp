#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

namespace helix::wire {

/// What a request asks of a target.
struct ActionsRequest {
    std::string target;
    std::vector<gate::Action> actions;
};

/// Reads one action (openapi: ActionRequest). Strict: unknown members, wrong types and members that the verb has no use
/// for are refused.
/// Errors: InvalidArgument with a JSON pointer in `where`.
Result<ActionsRequest> action_request_from_json(const nlohmann::json& value);

/// Reads a plan (openapi: PlanRequest); its reason holds for the actions that have none. Errors: as above.
Result<ActionsRequest> plan_from_json(const nlohmann::json& value);

/// The action as a plan names it (openapi: PlanAction).
nlohmann::json to_json(const gate::Action& action);

}  // namespace helix::wire
