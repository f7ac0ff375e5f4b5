#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::cli {

/// What `helix serve` and `helix demo` were told; an empty field leaves the configuration's word, or its default.
struct ServeOptions {
    std::string config;                   ///< configuration file
    std::string listen;                   ///< "host:port"
    std::string tls_cert;                 ///< PEM
    std::string tls_key;                  ///< PEM
    std::string tokens;                   ///< file of hashed bearer tokens
    std::string ledger;                   ///< SQLite file
    std::vector<std::string> kubeconfig;  ///< files, merged in order
    std::vector<std::string> contexts;    ///< each becomes a target
    bool in_cluster = false;
    bool simulate = false;
    bool allow_exec = false;  ///< exec credential plugins may run
    std::string log_level;    ///< "debug", "info", "warning", "error"
    bool once = false;        ///< demo: end after the tour
    bool write = false;       ///< demo: carry out the tour's writes on a real cluster as well
};

/// What the composition root lends to the commands that need more than an HTTP client.
struct ServiceCommands {
    std::function<int(const ServeOptions&)> serve;  ///< returns the process's exit code
    std::function<int(const ServeOptions&)> demo;
    /// Walks a ledger file offline and answers a LedgerReport (openapi/helix.yaml).
    std::function<Result<nlohmann::json>(const std::string& path)> verify_ledger_file;
    /// Re-checks a certificate (JSON text) offline; the error says what does not hold.
    std::function<Result<void>(const std::string& certificate_json)> verify_certificate;
};

/// The one binary's terminal side: parses `argv`, carries out the command and returns the exit code (exit_codes.hpp).
/// Called as `helixd` it means `helix serve`. Reads HELIX_SERVER, HELIX_TOKEN_FILE, HELIX_CA, HELIX_TARGET, NO_COLOR.
int run(int argc, char** argv, const ServiceCommands& service);

}  // namespace helix::cli
