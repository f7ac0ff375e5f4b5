#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"

namespace helix::cli {
namespace {

using Filters = std::vector<std::pair<std::string, std::string>>;

std::string path_with(const std::string& path, const Filters& filters) {
    std::string query;
    for (const auto& [name, value] : filters)
        if (!value.empty()) query += (query.empty() ? "?" : "&") + name + "=" + url_encoded(value);
    return path + query;
}

struct ListArgs {
    std::string ns;
    std::string kind;
    bool only_break = false;
    std::size_t limit = 100'000;
};

void add_units(CLI::App& app, Invocation& invocation) {
    CLI::App* sub = app.add_subcommand("units", "Units (nodes) with their floors, fullest first")->fallthrough();
    const auto args = std::make_shared<ListArgs>();
    sub->add_flag("--break", args->only_break, "Only units below their floor");
    sub->add_option("--limit", args->limit, "At most so many")->check(CLI::Range(1, 10'000'000));
    sub->callback([&invocation, args] {
        invocation.command = [args](const Session& session) {
            const Filters filters{{"target", session.globals().target}, {"break", args->only_break ? "true" : ""}};
            return session.list(path_with("/v1/units", filters), "offset", args->limit, render_units);
        };
    });
}

void add_workloads(CLI::App& app, Invocation& invocation) {
    CLI::App* sub = app.add_subcommand("workloads", "Whatever makes pods, with its watermark score")->fallthrough();
    const auto args = std::make_shared<ListArgs>();
    sub->add_option("-n,--namespace", args->ns, "Only this namespace");
    sub->add_option("--kind", args->kind, "Only this kind, like Deployment");
    sub->add_option("--limit", args->limit, "At most so many")->check(CLI::Range(1, 10'000'000));
    sub->callback([&invocation, args] {
        invocation.command = [args](const Session& session) {
            const Filters filters{{"target", session.globals().target}, {"namespace", args->ns}, {"kind", args->kind}};
            return session.list(path_with("/v1/workloads", filters), "offset", args->limit, render_workloads);
        };
    });
}

void add_watch(CLI::App& app, Invocation& invocation) {
    CLI::App* sub =
        app.add_subcommand("watch", "Follow the bus, one line per event; goes on by itself after a lost connection")
            ->fallthrough();
    const auto options = std::make_shared<WatchOptions>();
    sub->add_option("--types", options->types, "Only these event types, like node.floor,helix.cycle");
    sub->add_option("--count", options->count, "End after so many events")->check(CLI::Range(1, 1'000'000'000));
    sub->add_flag("!--no-snapshot", options->snapshot, "Do not show the present state first");
    sub->callback([&invocation, options] {
        invocation.command = [options](const Session& session) { return watch(session, *options); };
    });
}

}  // namespace

void add_read_commands(CLI::App& app, Invocation& invocation) {
    add_units(app, invocation);
    add_workloads(app, invocation);
    CLI::App* targets =
        app.add_subcommand("targets", "The clusters, and how fresh what is known of them is")->fallthrough();
    targets->callback([&invocation] {
        invocation.command = [](const Session& session) {
            return session.list("/v1/targets", nullptr, 0, render_targets);
        };
    });
    add_watch(app, invocation);
}

}  // namespace helix::cli
