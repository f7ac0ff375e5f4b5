#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"

namespace helix::cli {
namespace {

void add_options(CLI::App& sub, ServeOptions& options) {
    sub.add_option("--config", options.config, "Configuration file (YAML)");
    sub.add_option("--listen", options.listen,
                   "Address to serve at, default 127.0.0.1:8765; one that is not loopback needs TLS and tokens");
    sub.add_option("--tls-cert", options.tls_cert, "Certificate chain, PEM");
    sub.add_option("--tls-key", options.tls_key, "Its key, PEM");
    sub.add_option("--tokens", options.tokens, "File of hashed bearer tokens with their roles: read, propose, act");
    sub.add_option("--ledger", options.ledger, "SQLite file of the ledger, or postgresql://...");
    sub.add_option(
        "--state", options.state,
        "Folder of this process's own, for keys it makes and the head it saw last; default: beside the file");
    sub.add_option("--kubeconfig", options.kubeconfig,
                   "Kubeconfig file; may be repeated; default KUBECONFIG, ~/.kube/config");
    sub.add_option("--context", options.contexts, "Context of the kubeconfig; may be repeated, each becomes a target");
    sub.add_flag("--in-cluster", options.in_cluster, "The cluster whose pod this process runs in");
    sub.add_flag("--simulate", options.simulate, "The built-in simulated cluster");
    sub.add_flag("--allow-exec", options.allow_exec, "Credential plugins of the kubeconfig may be run");
    sub.add_option("--log-level", options.log_level, "debug, info, warning or error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

void add_one(CLI::App& app, Invocation& invocation, const char* name, const char* about, bool demo) {
    CLI::App* sub = app.add_subcommand(name, about)->fallthrough();
    const auto options = std::make_shared<ServeOptions>();
    add_options(*sub, *options);
    if (!demo)
        sub->add_flag("--migrate-only", options->migrate_only,
                      "Bring the ledger's schema up to date and end; no record is written, no key is made");
    if (demo) {
        sub->add_flag("--once", options->once, "End after the tour instead of staying up");
        sub->add_flag("--write", options->write, "Carry out the tour's writes on a real cluster as well");
    }
    sub->callback([&invocation, options, demo] {
        invocation.command = [&invocation, options, demo](const Session& session) {
            const auto& start = demo ? invocation.service.demo : invocation.service.serve;
            if (!start) return session.fail(error(Code::Unimplemented, "this build has no service"));
            return static_cast<Exit>(start(*options));
        };
    });
}

}  // namespace

void add_service_commands(CLI::App& app, Invocation& invocation) {
    add_one(app, invocation, "serve", "Run the service", false);
    add_one(app, invocation, "demo", "Run the service and show what it does: a PASS, a BREAK, their receipts", true);
}

}  // namespace helix::cli
