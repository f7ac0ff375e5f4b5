#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"
#include "service/usecases/cycle.hpp"

namespace helix::usecases {

/// The cycle as openapi/helix.yaml describes it (schema Cycle): the body of its receipt and of the HTTP answer.
nlohmann::json to_json(const Cycle& cycle, ledger::Sha256 sha256);

/// The verdicts alone (schema GateAnswer).
nlohmann::json gate_answer(const Cycle& cycle, ledger::Sha256 sha256);

/// Body of a `helix.intent` record: the step's action, its verdict with certificate, the object as it was found, and
/// how long its worst case is reserved. The first step's intent also tells the whole plan, when there are more.
std::string intent_body(const Cycle& cycle, std::size_t index, const std::optional<Reserved>& reserved,
                        ledger::Sha256 sha256);
/// Body of a `helix.cycle` record.
std::string receipt_body(const Cycle& cycle, ledger::Sha256 sha256);
/// Body of a `reservation.expired` record.
std::string expiry_body(const gate::Reservation& reservation);

/// Data of bus events: the verdict of the step that decided, the cycle in short, the record without its body.
std::string verdict_event(const Cycle& cycle);
std::string cycle_event(const Cycle& cycle);
std::string record_summary(const ledger::Record& record);

/// done, blocked, stopped, failed, unknown or dry-run (schema CycleStatus).
std::string_view status_of(const Cycle& cycle);

}  // namespace helix::usecases
