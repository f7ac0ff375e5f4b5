#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "service/cli/cli.hpp"
#include "service/cli/exit_codes.hpp"
#include "service/cli/session.hpp"

namespace CLI {
class App;
}

namespace helix::cli {

/// What parsing the command line fills in: the flags, and the command that was chosen.
struct Invocation {
    Globals globals;
    ServiceCommands service;
    std::function<Exit(const Session&)> command;
};

/// Each adds its commands to `app`; parsing one of them sets `invocation.command`. `invocation` outlives `app`.
void add_service_commands(CLI::App& app, Invocation& invocation);  ///< serve, demo
void add_act_commands(CLI::App& app, Invocation& invocation);      ///< act, gate, cycle
void add_read_commands(CLI::App& app, Invocation& invocation);     ///< units, workloads, targets, watch
void add_ledger_commands(CLI::App& app, Invocation& invocation);   ///< ledger, verify
/// Of `helix ledger`: each in a file of its own.
void add_ledger_verify(CLI::App& ledger, Invocation& invocation);
void add_ledger_export(CLI::App& ledger, Invocation& invocation);
void add_ledger_view(CLI::App& ledger, Invocation& invocation);
void add_outbox_commands(CLI::App& app, Invocation& invocation);  ///< outbox
/// checkpoint, proof and keys below `ledger`, proof below `verify`: call after add_ledger_commands.
void add_ledger_proof_commands(CLI::App& app, Invocation& invocation);
void add_crds_commands(CLI::App& app, Invocation& invocation);   ///< crds
void add_keys_commands(CLI::App& app, Invocation& invocation);   ///< keys
void add_trial_commands(CLI::App& app, Invocation& invocation);  ///< trial
void add_help_commands(CLI::App& app, Invocation& invocation);   ///< completion, version, help

/// Follows the bus until `count` events were shown (0: without end).
struct WatchOptions {
    std::string types;
    int count = 0;
    bool snapshot = true;
    std::string trial = {};  ///< only events about this trial; empty: all
};
Exit watch(const Session& session, const WatchOptions& options);

/// Sends a request that acts, or asks the gate for its verdict alone.
enum class Ask { Act, Gate };
Exit send_request(const Session& session, Ask ask, nlohmann::json request);

/// The text of a shell's completion script for the commands of `app`, by the name it has; empty for an unknown shell.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace helix::cli
