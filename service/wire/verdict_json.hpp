#pragma once

#include <nlohmann/json.hpp>

#include "domain/gate/verdict.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::wire {

/// The verdict as openapi/helix.yaml describes it (schema Verdict). `sha256` seals the certificate.
nlohmann::json to_json(const gate::Verdict& verdict, ledger::Sha256 sha256);

}  // namespace helix::wire
