#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/printable.hpp"

namespace helix::cli {
namespace {

using States = std::vector<ports::Definitions::State>;

/// What is shown of a value: a whole schema would fill the screen.
constexpr std::size_t kValueShownMax = 100;

nlohmann::json to_json(const States& states) {
    nlohmann::json items = nlohmann::json::array();
    for (const auto& state : states) {
        nlohmann::json differences = nlohmann::json::array();
        for (const auto& one : state.differences)
            differences.push_back({{"path", one.path}, {"cluster", one.cluster}, {"ours", one.ours}});
        items.push_back({{"name", state.name},
                         {"installed", state.installed},
                         {"same", state.same()},
                         {"differences", std::move(differences)}});
    }
    return {{"items", std::move(items)}};
}

std::string shown(const std::string& value) {
    if (value.empty()) return "(nothing)";
    return printable(value.size() > kValueShownMax ? value.substr(0, kValueShownMax) + "..." : value);
}

/// One line per definition, and one per difference. `done` is said of what has been installed, or updated.
std::string render(const States& states, bool done) {
    std::string text;
    for (const auto& state : states) {
        const std::string what = state.same()       ? "as it should be"
                                 : !state.installed ? (done ? "installed" : "not installed")
                                                    : (done ? "updated" : "differs");
        text += state.name + "  " + what + "\n";
        for (const auto& one : state.differences)
            text += "  " + printable(one.path) + "\n    cluster: " + shown(one.cluster) +
                    "\n    ours:    " + shown(one.ours) + "\n";
    }
    return text;
}

Exit compare(const Session& session, ports::Definitions& definitions) {
    const auto states = definitions.compare();
    if (!states) return session.fail(states.error());
    session.show(to_json(*states), [&] { return render(*states, false); });
    for (const auto& state : *states)
        if (!state.same()) return Exit::Differs;
    return Exit::Done;
}

Exit install(const Session& session, ports::Definitions& definitions) {
    if (session.globals().dry_run) {
        const Exit outcome = compare(session, definitions);
        return outcome == Exit::Differs ? Exit::Done : outcome;
    }
    const auto states = definitions.install(std::chrono::seconds(session.globals().timeout_s));
    if (!states) return session.fail(states.error());
    session.show(to_json(*states), [&] { return render(*states, true); });
    return Exit::Done;
}

using Command = Exit (*)(const Session&, ports::Definitions&);

void add_one(CLI::App& crds, Invocation& invocation, const char* name, const char* about, Command command) {
    CLI::App* sub = crds.add_subcommand(name, about)->fallthrough();
    const auto options = std::make_shared<ServeOptions>();
    sub->add_option("--kubeconfig", options->kubeconfig,
                    "Kubeconfig file; may be repeated; default KUBECONFIG, ~/.kube/config");
    sub->add_option("--context", options->contexts, "Context of the kubeconfig; default: the current one")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    sub->add_flag("--in-cluster", options->in_cluster, "The cluster whose pod this process runs in");
    sub->add_flag("--allow-exec", options->allow_exec, "Credential plugins of the kubeconfig may be run");
    sub->callback([&invocation, options, command] {
        invocation.command = [&invocation, options, command](const Session& session) {
            if (!invocation.service.definitions)
                return session.fail(error(Code::Unimplemented, "this build carries no definitions"));
            const auto definitions = invocation.service.definitions(*options);
            if (!definitions) return session.fail(definitions.error());
            return command(session, **definitions);
        };
    });
}

}  // namespace

void add_crds_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* crds = app.add_subcommand("crds", "The kinds that a cluster must know, like TrendalTrial")
                         ->fallthrough()
                         ->require_subcommand(1);
    add_one(*crds, invocation, "install", "Bring the cluster's definitions to what this program carries", install);
    add_one(*crds, invocation, "diff", "Show how they differ; exit code 1 when they do", compare);
}

}  // namespace helix::cli
