#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"
#include "service/ports/definitions.hpp"
#include "service/ports/record_sink.hpp"
#include "service/ports/record_source.hpp"

namespace helix::cli {

/// What `helix serve` and `helix demo` were told; an empty field leaves the configuration's word, or its default.
struct ServeOptions {
    std::string config;                   ///< configuration file
    std::string listen;                   ///< "host:port"
    std::string tls_cert;                 ///< PEM
    std::string tls_key;                  ///< PEM
    std::string tokens;                   ///< file of hashed bearer tokens
    std::string ledger;                   ///< SQLite file, or postgresql://...
    std::string state;                    ///< folder of keys and remembered head
    std::vector<std::string> kubeconfig;  ///< files, merged in order
    std::vector<std::string> contexts;    ///< each becomes a target
    bool in_cluster = false;
    bool simulate = false;
    bool allow_exec = false;    ///< exec credential plugins may run
    std::string log_level;      ///< "debug", "info", "warning", "error"
    bool migrate_only = false;  ///< serve: bring the ledger's schema up to date, and end
    bool once = false;          ///< demo: end after the tour
    bool write = false;         ///< demo: carry out the tour's writes on a real cluster as well
};

/// Ledgers that lie somewhere else than in a service, read and written offline. Errors: as the adapters say.
struct LedgerPlaces {
    using Source = Result<std::unique_ptr<ports::RecordSource>>;
    using Sink = Result<std::unique_ptr<ports::RecordSink>>;

    /// A database or an export, told apart by what it holds; "-" is an export on stdin. Nothing is written.
    std::function<Source(const std::string& where)> open;
    /// A git repository that a ledger was exported to, or a clone of it.
    std::function<Source(const std::string& folder)> open_git;
    /// An export file, to be made or continued.
    std::function<Sink(const std::string& path)> continue_file;
    /// A bare git repository, likewise.
    std::function<Sink(const std::string& folder)> continue_git;
    ledger::Sha256 sha256 = nullptr;
};

/// What the composition root lends to the commands that need more than an HTTP client.
struct ServiceCommands {
    std::function<int(const ServeOptions&)> serve;  ///< returns the process's exit code
    std::function<int(const ServeOptions&)> demo;
    LedgerPlaces ledgers;
    /// The definitions of the cluster that kubeconfig, contexts and in_cluster mean, beside this program's own.
    std::function<Result<std::unique_ptr<ports::Definitions>>(const ServeOptions&)> definitions;
    /// Approves a trial in the caller's own name; answers the annotation and that name.
    std::function<Result<std::pair<std::string, std::string>>(const ServeOptions&, const std::string& ns,
                                                              const std::string& name)>
        approve_trial;
    /// Re-checks a certificate (JSON text) offline; the error says what does not hold.
    std::function<Result<void>(const std::string& certificate_json)> verify_certificate;
    /// Writes the Lean theorem of a certificate that was verified to a file, and has it checked where there is a Lean;
    /// answers one sentence. Errors: DataLoss when Lean refuses it.
    std::function<Result<std::string>(const std::string& certificate_json, const std::string& file)> prove_certificate;
    /// Makes a signing key in a folder; answers its verifier string.
    std::function<Result<std::string>(const std::string& folder, const std::string& name)> generate_key;
    /// What signatures are checked with, offline.
    ledger::VerifyEd25519 verify_ed25519 = nullptr;
};

/// The one binary's terminal side: parses `argv`, carries out the command and returns the exit code (exit_codes.hpp).
/// Called as `helixd` it means `helix serve`; called as `pemos` it is the same program by the name of the court. Reads
/// HELIX_SERVER, HELIX_TOKEN_FILE, HELIX_CA, HELIX_TARGET, NO_COLOR.
int run(int argc, char** argv, const ServiceCommands& service);

}  // namespace helix::cli
