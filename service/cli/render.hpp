#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "service/cli/table.hpp"

/// What the service answered, as text for people: pure functions, one per schema of openapi/helix.yaml.
///
/// Text from clusters is made printable; whatever is missing is left out, nothing throws.
namespace helix::cli {

/// How to show it.
struct View {
    Style style = {};
    bool wide = false;        ///< exact figures and more columns
    std::int64_t now_us = 0;  ///< ages are measured from here
};

/// Schema Verdict of `action` (an ActionRequest or PlanAction) on `target`, with remedies as commands to paste.
std::string render_verdict(const nlohmann::json& verdict, const nlohmann::json& action, const std::string& target,
                           const View& view);
/// Schema GateAnswer; `request` is what was asked.
std::string render_gate(const nlohmann::json& answer, const nlohmann::json& request, const View& view);
/// Schema Cycle: the receipt.
std::string render_cycle(const nlohmann::json& cycle, const View& view);
/// Schemas TargetPage, UnitPage, WorkloadPage, LedgerPage.
std::string render_targets(const nlohmann::json& page, const View& view);
std::string render_units(const nlohmann::json& page, const View& view);
std::string render_workloads(const nlohmann::json& page, const View& view);
std::string render_ledger(const nlohmann::json& page, const View& view);
/// Schemas LedgerRecord and LedgerReport.
std::string render_record(const nlohmann::json& record, const View& view);
std::string render_report(const nlohmann::json& report, const View& view);
/// A list of Destinations, and DeadLetterPage.
std::string render_outbox(const nlohmann::json& page, const View& view);
std::string render_dead_letters(const nlohmann::json& page, const View& view);
/// A signed note, line by line as it is.
std::string render_note(const std::string& note);
/// Schemas RecordProof, ProofReport, LedgerKeys.
std::string render_proof(const nlohmann::json& proof, const View& view);
std::string render_proof_report(const nlohmann::json& report, const View& view);
std::string render_keys(const nlohmann::json& keys, const View& view);
/// Schema TrialExplanation as a tree, and with the sum and what would raise it; TrialPage; TrialVerdict; a LedgerPage
/// of MECIPOL records.
std::string render_trial(const nlohmann::json& trial, const View& view);
std::string render_explanation(const nlohmann::json& trial, const View& view);
std::string render_trials(const nlohmann::json& page, const View& view);
std::string render_trial_verdict(const nlohmann::json& verdict, const View& view);
std::string render_mecipol_records(const nlohmann::json& page, const View& view);
/// A CloudEvent of the bus, as one line.
std::string render_event(const nlohmann::json& event, const View& view);

/// "helix: what (where); mend: how", one line.
std::string render_error(const Error& failure);
/// The same of a problem document.
std::string render_problem(const nlohmann::json& problem, int status, int retry_after_s);

/// The command that would ask for `action` again: "helix act scale deployment/cart -n shop --replicas 5 --target demo".
/// Manifests and patches are left as FILE.
std::string act_command(const nlohmann::json& action, const std::string& target);

/// JSON with two blanks of indentation, and the same as YAML; control characters are escaped in both.
std::string to_json_text(const nlohmann::json& value, bool one_line = false);
std::string to_yaml_text(const nlohmann::json& value);

}  // namespace helix::cli
