#include <iostream>

#include "adapters/ledger_file/export_writer.hpp"
#include "adapters/ledger_git/git_writer.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/ed25519.hpp"
#include "adapters/openssl_signer/key_folder.hpp"
#include "adapters/trial_approval/approve.hpp"
#include "service/app/app.hpp"
#include "service/app/cluster_definitions.hpp"
#include "service/app/demo.hpp"
#include "service/app/lean_check.hpp"
#include "service/app/open_ledger.hpp"
#include "service/app/signals.hpp"
#include "service/cli/cli.hpp"
#include "service/cli/exit_codes.hpp"
#include "service/wire/certificate_json.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/verifier_key.hpp"

namespace {

using helix::Result;
using helix::cli::ServeOptions;
using helix::config::Config;

int complain(const helix::Error& problem) {
    std::cerr << "helix: " << problem.message;
    if (!problem.where.empty()) std::cerr << " (" << problem.where << ")";
    if (!problem.mend.empty()) std::cerr << "; mend: " << problem.mend;
    std::cerr << "\n";
    return static_cast<int>(helix::cli::exit_of(problem.code));
}

/// The configuration file, overruled by what the command line says.
Result<Config> config_of(const ServeOptions& options) {
    Config config;
    if (!options.config.empty()) {
        auto loaded = helix::config::load(options.config);
        if (!loaded) return loaded;
        config = *std::move(loaded);
    }
    const auto overrule = [](std::string& field, const std::string& said) {
        if (!said.empty()) field = said;
    };
    overrule(config.listen, options.listen);
    overrule(config.tls_cert, options.tls_cert);
    overrule(config.tls_key, options.tls_key);
    overrule(config.tokens, options.tokens);
    overrule(config.ledger, options.ledger);
    overrule(config.state, options.state);
    overrule(config.log_level, options.log_level);
    if (!options.kubeconfig.empty()) config.kubeconfig = options.kubeconfig;
    config.allow_exec = config.allow_exec || options.allow_exec;
    if (!options.contexts.empty() || options.in_cluster || options.simulate) config.targets.clear();
    for (const std::string& context : options.contexts)
        config.targets.push_back({context, context, false, false, "--context"});
    if (options.in_cluster) config.targets.push_back({"in-cluster", "", true, false, "--in-cluster"});
    if (options.simulate) config.targets.push_back({"demo", "", false, true, "--simulate"});
    return config;
}

int serve(const ServeOptions& options) {
    helix::app::catch_stop_signals();
    const auto config = config_of(options);
    if (!config) return complain(config.error());
    if (options.migrate_only) {
        const auto place = helix::app::migrate(*config);
        if (!place) return complain(place.error());
        std::cout << "The schema is up to date: " << *place << "\n";
        return 0;
    }
    auto app = helix::app::start(*config);
    if (!app) return complain(app.error());
    std::cout << "Helix Coaster at " << (*app)->url() << "/\n";
    for (const std::string& target : (*app)->targets()) std::cout << "  target " << target << "\n";
    std::cout.flush();
    helix::app::wait_for_stop();
    (*app)->stop();
    return 0;
}

int demo(const ServeOptions& options) {
    auto config = config_of(options);
    if (!config) return complain(config.error());
    return helix::app::run_demo({*std::move(config), options.once, options.write});
}

helix::cli::LedgerPlaces ledger_places() {
    helix::cli::LedgerPlaces places;
    places.open = helix::app::open_ledger;
    places.continue_file = [](const std::string& path) {
        return helix::app::as_port<helix::ports::RecordSink>(
            helix::ledger_file::ExportWriter::open(path, helix::openssl_digest::sha256));
    };
    places.open_git = helix::app::open_git_ledger;
    places.continue_git = [](const std::string& folder) {
        return helix::app::as_port<helix::ports::RecordSink>(helix::ledger_git::GitWriter::open(folder));
    };
    places.sha256 = helix::openssl_digest::sha256;
    return places;
}

Result<std::unique_ptr<helix::ports::Definitions>> definitions(const ServeOptions& options) {
    return helix::app::cluster_definitions({options.kubeconfig,
                                            options.contexts.empty() ? std::string() : options.contexts.front(),
                                            options.in_cluster, options.allow_exec});
}

Result<std::pair<std::string, std::string>> approve_trial(const ServeOptions& options, const std::string& ns,
                                                          const std::string& name) {
    const auto access =
        helix::app::access_of({options.kubeconfig, options.contexts.empty() ? std::string() : options.contexts.front(),
                               options.in_cluster, options.allow_exec});
    if (!access) return access.error();
    auto approval = helix::trial_approval::approve(*access, ns, name);
    if (!approval) return std::move(approval).error();
    return std::pair(std::move(approval->annotation), std::move(approval->user));
}

Result<std::string> generate_key(const std::string& folder, const std::string& name) {
    const auto key = helix::openssl_signer::generate(folder, name);
    if (!key) return key.error();
    return helix::wire::to_verifier(*key, helix::openssl_digest::sha256);
}

Result<void> verify_certificate(const std::string& text) {
    const auto document = helix::wire::parse_json(text, {64, 64U * 1024U * 1024U, false});
    if (!document) return document.error();
    const auto summary = helix::wire::verify_certificate(*document, helix::openssl_digest::sha256);
    if (!summary) return summary.error();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    helix::cli::ServiceCommands commands;
    commands.serve = serve;
    commands.demo = demo;
    commands.ledgers = ledger_places();
    commands.definitions = definitions;
    commands.approve_trial = approve_trial;
    commands.verify_certificate = verify_certificate;
    commands.prove_certificate = helix::app::check_with_lean;
    commands.generate_key = generate_key;
    commands.verify_ed25519 = helix::openssl_signer::verify_ed25519;
    return helix::cli::run(argc, argv, commands);
}
