#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/documents.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/trial_client.hpp"

namespace helix::cli {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr int kLooksMax = 100;  ///< five seconds until the service sees what was written

struct TrialArgs {
    TrialName trial;
    std::vector<std::string> files;
    bool follow = false;
    std::string verdict;
    std::string phase;
    std::string folder;
    std::size_t limit = 100;
    ServeOptions cluster;
};

Json object_of(const TrialName& trial) {
    return {{"api_version", "eose.ca/v1"}, {"kind", "TrendalTrial"}, {"namespace", trial.ns}, {"name", trial.name}};
}

/// Waits until the service shows the trial as it was just written, which it soon does, and then follows it if that is
/// wanted. What it showed before must not pass for the new run's verdict.
Exit go_on_with(const Session& session, const TrialName& trial, const std::string& mark, bool follow) {
    auto api = session.api();
    for (int look = 0; api && look < kLooksMax; ++look) {
        const auto answer = api->get(trial_path(session, trial, ""));
        if (answer && answer->ok() && (mark.empty() || text(answer->body, "rerun") == mark))
            return follow ? trial_status(session, trial, true) : Exit::Done;
        std::this_thread::sleep_for(kLook);
    }
    if (!follow) return Exit::Done;
    return beside_verdicts(session.fail(error(Code::Unavailable, "the service does not show yet what was written",
                                              "follow it later: pemos trial status " + trial.name + " -w")));
}

Exit apply(const Session& session, const TrialArgs& args) {
    Json actions = Json::array();
    TrialName last;
    for (const std::string& file : args.files) {
        const auto stream = read_input(file);
        if (!stream) return session.fail(stream.error());
        for (const std::string& written : split_documents(*stream)) {
            const auto document = read_document(written, file);
            if (!document) return session.fail(document.error());
            const Json& metadata = member(*document, "metadata");
            if (text(*document, "kind") != "TrendalTrial")
                return session.fail(error(Code::InvalidArgument, "not a TrendalTrial: " + text(*document, "kind"),
                                          "other kinds: helix act apply -f FILE", file));
            last = {text(metadata, "name"), text(metadata, "namespace")};
            actions.push_back({{"verb", "apply"}, {"manifest", *document}});
        }
    }
    if (actions.empty()) return session.fail(error(Code::InvalidArgument, "no trial is in these files"));
    const Exit done =
        send_request(session, Ask::Act, actions.size() == 1 ? actions[0] : Json{{"actions", std::move(actions)}});
    if (done != Exit::Done || session.globals().dry_run) return done;
    return go_on_with(session, last, "", args.follow);
}

Exit rerun(const Session& session, const TrialArgs& args) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const auto trial = find_trial(session, *api, args.trial);
    if (!trial) return session.fail(trial.error());
    const std::string mark = "at-" + std::to_string(session.view().now_us);
    const Exit done = send_request(
        session, Ask::Act, {{"verb", "annotate"}, {"object", object_of(*trial)}, {"set", {{"eose.ca/rerun", mark}}}});
    if (done != Exit::Done || session.globals().dry_run) return done;
    return go_on_with(session, *trial, mark, args.follow);
}

Exit verdict(const Session& session, const TrialArgs& args) {
    auto api = session.api();
    if (!api) return beside_verdicts(session.fail(api.error()));
    const auto trial = find_trial(session, *api, args.trial);
    if (!trial) return beside_verdicts(session.fail(trial.error()));
    const auto answer = api->get(trial_path(session, *trial, "/verdict"));
    if (!answer) return beside_verdicts(session.fail(answer.error()));
    if (!answer->ok()) return beside_verdicts(session.refuse(*answer));
    session.show(answer->body, [&] { return render_trial_verdict(answer->body, session.view()); });
    return exit_of_verdict(answer->body);
}

Exit explain(const Session& session, const TrialArgs& args) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const auto trial = find_trial(session, *api, args.trial);
    if (!trial) return session.fail(trial.error());
    const auto answer = api->get(trial_path(session, *trial, "/explain"));
    if (!answer) return session.fail(answer.error());
    if (!answer->ok()) return session.refuse(*answer);
    session.show(answer->body, [&] { return render_explanation(answer->body, session.view()); });
    return Exit::Done;
}

Exit list(const Session& session, const TrialArgs& args) {
    std::string query;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) query += (query.empty() ? "?" : "&") + std::string(name) + "=" + url_encoded(value);
    };
    add("target", session.globals().target);
    add("namespace", args.trial.ns);
    add("verdict", args.verdict);
    add("phase", args.phase);
    return session.list("/v1/trials" + query, "offset", args.limit, render_trials);
}

/// Keeps the record as FOLDER/ID.json; what is there already stays.
Result<void> keep(const std::string& folder, const Json& record) {
    const std::string id = text(record, "mecipol");
    if (id.empty() || id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != std::string::npos)
        return error(Code::DataLoss, "a record has no id that can be a file's name");
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    const std::filesystem::path path = std::filesystem::path(folder) / (id + ".json");
    if (!failure && std::filesystem::exists(path, failure)) return {};
    std::ofstream file(path);
    file << to_json_text(record) << '\n';
    file.flush();
    if (!file)
        return error(Code::PreconditionFailed, "the file cannot be written", "name a folder that can be",
                     path.string());
    return {};
}

Exit records(const Session& session, const TrialArgs& args) {
    std::string query = "?kind=trial.verdict&order=desc";
    if (!session.globals().target.empty()) query += "&target=" + url_encoded(session.globals().target);
    const Exit shown = session.list("/v1/ledger" + query, "from", args.limit, render_mecipol_records);
    if (args.folder.empty() || shown != Exit::Done) return shown;
    auto api = session.api();
    if (!api) return session.fail(api.error());
    const auto answer =
        api->get("/v1/ledger" + query + "&limit=" + std::to_string(std::min<std::size_t>(1000, args.limit)));
    if (!answer) return session.fail(answer.error());
    if (!answer->ok()) return session.refuse(*answer);
    for (const Json& one : member(answer->body, "items"))
        if (const auto kept = keep(args.folder, member(one, "body")); !kept) return session.fail(kept.error());
    return Exit::Done;
}

Exit approve(const Session& session, const ServiceCommands& service, const TrialArgs& args) {
    if (!service.approve_trial) return session.fail(error(Code::Unimplemented, "this build cannot approve"));
    const auto approval = service.approve_trial(args.cluster, args.trial.ns, args.trial.name);
    if (!approval) return session.fail(approval.error());
    const Json shown = {{"trial", args.trial.name},
                        {"namespace", args.trial.ns},
                        {"annotation", approval->first},
                        {"user", approval->second}};
    session.show(shown, [&] { return args.trial.name + " approved by " + approval->second + "\n"; });
    return Exit::Done;
}

using Args = std::shared_ptr<TrialArgs>;
using Command = Exit (*)(const Session&, const TrialArgs&);

CLI::App* add(CLI::App& trial, Invocation& invocation, const Args& args, const char* name, const char* about,
              Command command) {
    CLI::App* sub = trial.add_subcommand(name, about)->fallthrough();
    sub->callback([&invocation, args, command] {
        invocation.command = [args, command](const Session& session) { return command(session, *args); };
    });
    return sub;
}

void name_trial(CLI::App* sub, const Args& args, bool required = true) {
    CLI::Option* name = sub->add_option("trial", args->trial.name, "The trial's name")->type_name("NAME");
    if (required) name->required();
    sub->add_option("-n,--namespace", args->trial.ns, "Its namespace; default: of the only trial of that name");
}

void add_approve(CLI::App& trial, Invocation& invocation, const Args& args) {
    CLI::App* sub =
        trial.add_subcommand("approve", "Approve a trial of L5 or L7 in your own name, with your own kubeconfig")
            ->fallthrough();
    sub->add_option("trial", args->trial.name, "The trial's name")->required()->type_name("NAME");
    sub->add_option("-n,--namespace", args->trial.ns, "Its namespace")->required();
    sub->add_option("--kubeconfig", args->cluster.kubeconfig,
                    "Kubeconfig file; may be repeated; default KUBECONFIG, ~/.kube/config");
    sub->add_option("--context", args->cluster.contexts, "Context of the kubeconfig; default: the current one")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    sub->add_flag("--allow-exec", args->cluster.allow_exec, "Credential plugins of the kubeconfig may be run");
    sub->callback([&invocation, args] {
        invocation.command = [&invocation, args](const Session& session) {
            return approve(session, invocation.service, *args);
        };
    });
}

}  // namespace

void add_trial_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* trial = app.add_subcommand("trial", "Workloads on trial before they enter a layer")
                          ->fallthrough()
                          ->require_subcommand(1);
    const auto args = std::make_shared<TrialArgs>();

    CLI::App* put = add(*trial, invocation, args, "apply", "Put a workload on trial", apply);
    put->add_option("-f,--file", args->files, "TrendalTrials, YAML or JSON; - reads stdin")->required();
    put->add_flag("-w,--watch", args->follow, "Then follow it as `status -w` does");

    CLI::App* status = add(*trial, invocation, args, "status", "How far the gates are, and the warmth",
                           [](const Session& session, const TrialArgs& given) {
                               return trial_status(session, given.trial, given.follow);
                           });
    name_trial(status, args);
    status->add_flag("-w,--watch", args->follow, "Follow it to its end; the exit code is that of `verdict`");

    name_trial(add(*trial, invocation, args, "verdict",
                   "The verdict as exit code: 0 ADMIT, 3 WATCH, 4 DENY, 5 not final", verdict),
               args);
    name_trial(add(*trial, invocation, args, "explain", "The sum, term by term, and what would raise it", explain),
               args);

    CLI::App* all = add(*trial, invocation, args, "list", "All trials", list);
    all->add_option("-n,--namespace", args->trial.ns, "Only in this namespace");
    all->add_option("--verdict", args->verdict, "Only with this verdict")
        ->check(CLI::IsMember({"ADMIT", "WATCH", "DENY", "PENDING"}));
    all->add_option("--phase", args->phase, "Only in this phase")
        ->check(CLI::IsMember({"Precheck", "Admission", "Runtime", "ImageScan", "Scoring", "Done"}));
    all->add_option("--limit", args->limit, "At most so many (default 100)")->check(CLI::Range(1, 10'000'000));

    CLI::App* events = add(*trial, invocation, args, "watch", "Phases and verdicts as they come",
                           [](const Session& session, const TrialArgs& given) {
                               WatchOptions options;
                               options.types = "trial.phase,trial.verdict";
                               options.trial = given.trial.name;
                               return watch(session, options);
                           });
    events->add_option("trial", args->trial.name, "Only of this trial")->type_name("NAME");

    CLI::App* again = add(*trial, invocation, args, "rerun", "Begin the trial anew", rerun);
    name_trial(again, args);
    again->add_flag("-w,--watch", args->follow, "Then follow it as `status -w` does");

    CLI::App* kept =
        add(*trial, invocation, args, "records", "The MECIPOL records of the ledger, newest first", records);
    kept->add_option("--dir", args->folder, "Also keep each as a file of this folder")->type_name("FOLDER");
    kept->add_option("--limit", args->limit, "At most so many (default 100)")->check(CLI::Range(1, 10'000'000));

    add_approve(*trial, invocation, args);
}

}  // namespace helix::cli
