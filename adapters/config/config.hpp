#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::config {

/// A Docker host over SSH; what is empty is as ~/.ssh/config says.
struct SiloConfig {
    std::string host;
    std::string user;
    std::int64_t port = 0;
    std::string ssh_config;
    std::string identity_file;
    std::string known_hosts;
    std::string docker_socket = "/var/run/docker.sock";
};

/// One cluster or Docker host that the service is to write to.
struct TargetConfig {
    std::string name;
    std::string context;      ///< of the kubeconfig; empty with in_cluster or simulated
    bool in_cluster = false;  ///< the cluster whose pod this process runs in
    bool simulated = false;
    std::string line;  ///< "helix.yaml: targets[2]", for error texts
    std::optional<SiloConfig> silo = {};
};

/// One destination of outgoing events.
struct OutboxConfig {
    std::string name;
    std::string url;
    std::vector<std::string> types;  ///< kinds of records, "helix.*" or "*"
    std::string token_file;
    std::string ca_file;
    std::string from = "head";        ///< a new destination begins at the "head" or the "beginning" of the ledger
    bool allow_http = false;          ///< http:// may go to other machines, too
    std::int64_t attempts_max = 100;  ///< failed deliveries before an event becomes a dead letter
    std::int64_t timeout_s = 10;      ///< for one delivery
    std::string line = {};            ///< "outbox[0]", for error texts
};

/// How trials are held (docs/trial.md).
struct CourtConfig {
    bool enabled = true;
    std::int64_t resync_s = 60;
    std::string conftest = "conftest";  ///< the program; a bare name is looked for in PATH
    std::string policies;               ///< folder of its policies; empty: those that the program carries
    std::string records;                ///< folder where verdicts' records are kept as files; empty: none are
    std::vector<std::string> l5_approvers = {"kay"};
    std::vector<std::string> l7_approvers;  ///< MEGSCIFIAR's
    std::int64_t kyverno_scan_s = 3600;     ///< how often Kyverno scans in the background
    std::int64_t gatekeeper_audit_s = 60;
};

/// What a configuration file says. Every field has the default that serves a newcomer.
struct Config {
    std::string listen = "127.0.0.1:8765";
    std::string ledger = "helix-ledger.db";             ///< an SQLite file, or postgresql://user@host/database
    std::string ledger_service_role = "helix_service";  ///< of PostgreSQL: docs/postgresql.md
    std::string ledger_name;       ///< what its checkpoints and keys are named by; empty: the newest key's name
    std::string signing = "auto";  ///< "off", "auto" (keys in the state folder, made at first start), or a key folder
    std::string state;             ///< folder of this process beside the ledger; empty: see app::state_folder
    std::string instance;          ///< names this process to the others on its ledger; empty: the machine's name
    std::vector<std::string> kubeconfig;  ///< empty: KUBECONFIG, else ~/.kube/config
    bool allow_exec = false;              ///< may exec credential plugins of the kubeconfig be run
    std::vector<TargetConfig> targets;    ///< empty: the current context, or the simulation when none is reached
    std::string tls_cert;
    std::string tls_key;
    std::string tokens;
    std::string log_level = "info";
    std::int64_t tick_s = 60;
    std::int64_t metrics_every_s = 15;
    std::int64_t metrics_age_max_s = 90;
    std::int64_t reservation_s = 300;
    std::int64_t lease_s = 15;           ///< after so long without a sign of life another process may take over
    std::int64_t recovery_grace_s = 35;  ///< how long after its intent a dead process's write may still arrive
    std::int64_t replicas_max = 100'000;
    bool relief = true;
    std::vector<std::string> neutral_kinds;
    std::vector<std::string> engines = {"builtin"};  ///< who must pass a write: builtin (always), smt, lean, or all
    std::int64_t engine_timeout_ms = 2'000;          ///< for one engine and one write; after it there is no answer
    std::string lean_gate;                           ///< the helix-gate program of proofs/
    std::string origin;  ///< the `source` of outgoing events, a URI; empty: "helix://" and the machine's name
    std::vector<OutboxConfig> outbox;
    CourtConfig court;
};

/// Reads a configuration; `file` names it in errors.
/// Errors: InvalidArgument naming the field: not YAML, unknown field, wrong type, number out of its range.
Result<Config> parse(const std::string& text, const std::string& file);

/// The file at `path`. Errors: NotFound, and those of parse.
Result<Config> load(const std::string& path);

/// The whole of a small file. Errors: NotFound; ResourceExhausted over 3 MiB.
Result<std::string> read_file(const std::string& path);

}  // namespace helix::config
