#include "service/cli/cli.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/standard_streams.hpp"

namespace helix::cli {
namespace {

void add_globals(CLI::App& app, Globals& globals) {
    app.add_option("--server", globals.server, "URL of the service")->envname("HELIX_SERVER")->capture_default_str();
    app.add_option("--token-file", globals.token_file, "File with the bearer token")->envname("HELIX_TOKEN_FILE");
    app.add_option("--ca", globals.ca, "Authority of the service's certificate, PEM")->envname("HELIX_CA");
    app.add_option("-o,--output", globals.output, "table, wide, json or yaml")
        ->check(CLI::IsMember({"table", "wide", "json", "yaml"}))
        ->capture_default_str();
    app.add_option("--target", globals.target, "Which cluster; default: the only one there is")
        ->envname("HELIX_TARGET");
    app.add_flag("--dry-run", globals.dry_run, "Judge and preview; nothing is written");
    app.add_option("--reason", globals.reason, "Why; deletes, drains and evictions name the floor signal they answer");
    app.add_option("--idempotency-key", globals.idempotency_key,
                   "The same key never writes twice; default: a fresh UUID");
    app.add_option("--timeout", globals.timeout_s, "Seconds to wait for an answer")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    app.add_flag("--no-color", globals.no_color, "No colours, as NO_COLOR in the environment");
}

Exit print(const std::string& text) {
    std::cout << text << std::flush;
    return Exit::Done;
}

}  // namespace

void add_help_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* completion = app.add_subcommand("completion", "Print a completion script")->fallthrough();
    const auto shell = std::make_shared<std::string>();
    completion->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("");
    completion->callback([&app, &invocation, shell] {
        invocation.command = [&app, shell](const Session&) { return print(completion_script(app, *shell)); };
    });
    app.add_subcommand("version", "Print the version")->fallthrough()->callback([&invocation] {
        invocation.command = [](const Session&) { return print("helix " HELIX_VERSION "\n"); };
    });
    CLI::App* help = app.add_subcommand("help", "Help on a command, or on exit-codes")->fallthrough();
    const auto topic = std::make_shared<std::vector<std::string>>();
    help->add_option("topic", *topic, "A command, like: act scale; or exit-codes")->type_name("");
    help->callback([&app, &invocation, topic] {
        invocation.command = [&app, topic](const Session& session) {
            if (topic->size() == 1 && topic->front() == "exit-codes") return print(exit_codes_text());
            const CLI::App* about = &app;
            std::string path = app.get_name();
            for (const std::string& word : *topic) {
                const auto named = about->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
                if (named.empty())
                    return session.fail(error(Code::InvalidArgument, "no such command: " + word, "see `helix --help`"));
                about = named.front();
                path += " " + word;
            }
            // Not App::help: of the main program that is the help of the command at hand, which is this one.
            return print(about->get_formatter()->make_help(about, path, CLI::AppFormatMode::Normal));
        };
    });
}

namespace {

/// The exit code of a command that ended with `code`: a result that nobody can have read is none.
Exit after_printing(Exit code) {
    if (code != Exit::Done || !stdout_lost()) return code;
    std::cerr << render_error(
        error(Code::Unavailable, "the result could not be written to stdout", "look whether it is full, or closed"));
    return Exit::Unavailable;
}

}  // namespace

int run(int argc, char** argv, const ServiceCommands& service) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe shows as a failed write
    hold_standard_streams();
    Invocation invocation{{}, service, {}};
    CLI::App app{"Helix Coaster: every write to a cluster passes the gate first, and leaves a receipt.", "helix"};
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", "helix " HELIX_VERSION, "Print the version");
    // Each command takes over the footer that is there when it is added.
    app.footer(
        "Flags of every command (-o, --server, --target, --reason ...): `helix --help`. Exit codes: `helix help "
        "exit-codes`.");
    add_globals(app, invocation.globals);
    add_service_commands(app, invocation);
    add_act_commands(app, invocation);
    add_read_commands(app, invocation);
    add_ledger_commands(app, invocation);
    add_outbox_commands(app, invocation);
    add_ledger_proof_commands(app, invocation);
    add_keys_commands(app, invocation);
    add_crds_commands(app, invocation);
    add_trial_commands(app, invocation);
    add_help_commands(app, invocation);
    app.footer("Exit codes: `helix help exit-codes`. The service: `helix serve`; to see it work: `helix demo`.");

    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    const std::string called = argc > 0 ? std::filesystem::path(argv[0]).filename().string() : std::string();
    if (called == "pemos") app.name(called);
    if (called == "helixd") words.insert(words.begin(), "serve");
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    try {
        app.parse(words);
        return static_cast<int>(after_printing(invocation.command(Session(invocation.globals))));
    } catch (const CLI::Success& wanted) {
        app.exit(wanted);  // prints the help that was asked for
        return static_cast<int>(after_printing(Exit::Done));
    } catch (const CLI::ParseError& failure) {
        std::vector<std::string> unknown = app.remaining(true);
        std::erase(unknown, "--");
        const std::string what = unknown.empty() ? failure.what() : "not known here: " + unknown.front();
        std::cerr << render_error(error(Code::InvalidArgument, what, "see `helix --help`"));
        return static_cast<int>(Exit::Usage);
    } catch (const std::exception& failure) {
        std::cerr << render_error(error(Code::Internal, failure.what()));
        return static_cast<int>(Exit::Internal);
    }
}

}  // namespace helix::cli
