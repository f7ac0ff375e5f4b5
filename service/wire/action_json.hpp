#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "domain/gate/action.hpp"

namespace helix::wire {

/// What `POST /v1/actions` or `POST /v1/cycles` asks for.
struct ActionsRequest {
    std::string target;
    std::vector<gate::Action> actions;
};

/// At most so many actions in one plan.
inline constexpr std::size_t kPlanActionsMax = 100;

/// Reads an ActionRequest of openapi/helix.yaml: types and bounds are checked, a member without meaning for the verb is
/// refused, a manifest given as YAML text becomes JSON.
/// Errors: InvalidArgument, with a JSON pointer in `where`.
Result<ActionsRequest> action_request_from_json(const nlohmann::json& value);

/// Reads a PlanRequest; its reason stands in where an action has none. Errors: as action_request_from_json.
Result<ActionsRequest> plan_from_json(const nlohmann::json& value);

/// The action as a PlanAction, for receipts. What a Secret holds is not repeated there.
nlohmann::json to_json(const gate::Action& action);

}  // namespace helix::wire
