#pragma once

#include <nlohmann/json.hpp>

#include "domain/gate/verdict.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::wire {

/// The verdict as openapi/helix.yaml has it, with its certificate. Percentages have at most six decimals, rounded up.
nlohmann::json to_json(const gate::Verdict& verdict, ledger::Sha256 sha256);

/// What each proof engine found: engine, version, outcome, detail, took_us.
nlohmann::json findings_json(const gate::Verdict& verdict);

}  // namespace helix::wire
