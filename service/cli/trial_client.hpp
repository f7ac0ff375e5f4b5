#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "service/cli/session.hpp"

/// What the commands of `helix trial` share.
namespace helix::cli {

/// Which trial is meant; without a namespace the only one of that name.
struct TrialName {
    std::string name;
    std::string ns;
};

/// The path of the trial in the service's API, with "?target=..." where a target is named: `below` is "" or "/verdict".
std::string trial_path(const Session& session, const TrialName& trial, const std::string& below);

/// The trial with its namespace. Errors: NotFound; InvalidArgument when several bear the name; those of Api::get.
Result<TrialName> find_trial(const Session& session, Api& api, TrialName trial);

/// 0 ADMIT, 3 WATCH, 4 DENY, 5 not final.
Exit exit_of_verdict(const nlohmann::json& trial);
/// A failure of a command whose exit code is a verdict: 3, 4 and 5 stay with the verdicts.
Exit beside_verdicts(Exit failure);

/// Shows the trial; with `follow` anew whenever it changes, until its verdict is final, which is the exit code.
Exit trial_status(const Session& session, const TrialName& trial, bool follow);

}  // namespace helix::cli
