#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"
#include "service/cli/documents.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/object_ref.hpp"

namespace helix::cli {
namespace {

/// What the words and flags after a verb said.
struct ActArgs {
    std::vector<std::string> words;
    std::vector<std::string> run_words;  // of a container's command line
    std::vector<std::string> files;
    std::string ns;
    std::string api_version;
    std::string container;
    std::string requests;
    std::string limits;
    std::string patch;
    std::string image;
    std::string memory;
    std::vector<std::string> env;
    std::string network;
    std::string restart;
    std::vector<std::string> publish;
    std::vector<std::string> volumes;
    std::vector<std::string> gpus;
    std::string vram;
    std::int64_t replicas = 0;
    std::int64_t grace_s = -1;
};

Error usage(std::string what, std::string mend) {
    return error(Code::InvalidArgument, std::move(what), std::move(mend));
}

/// "memory=256Mi,cpu=250m,ephemeral-storage-" as quantities; a trailing "-" removes one.
Result<Json> quantities(const std::string& list) {
    Json result = Json::object();
    for (const std::string& one : CLI::detail::split(list, ',')) {
        const std::size_t equals = one.find('=');
        if (equals != std::string::npos && equals > 0)
            result[one.substr(0, equals)] = one.substr(equals + 1);
        else if (one.size() > 1 && one.back() == '-')
            result[one.substr(0, one.size() - 1)] = nullptr;
        else
            return usage("not a quantity: " + one, "write it like memory=256Mi, or memory- to remove it");
    }
    return result;
}

Result<void> put_entries(Json& action, const std::vector<std::string>& words) {
    if (words.empty()) return usage("nothing to set or remove", "write team=checkout, or owner- to remove it");
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        if (equals != std::string::npos && equals > 0)
            action["set"][word.substr(0, equals)] = word.substr(equals + 1);
        else if (word.size() > 1 && word.back() == '-')
            action["remove"].push_back(word.substr(0, word.size() - 1));
        else
            return usage("not a label: " + word, "write team=checkout, or owner- to remove it");
    }
    return {};
}

Result<void> put_resources(Json& action, const ActArgs& args) {
    const bool pods = text(member(action, "object"), "kind") != "Container";
    if (args.container.empty() == pods || (args.requests.empty() && args.limits.empty()))
        return usage(pods ? "set-resources needs --container, and --requests or --limits"
                          : "set-resources of a Container needs --limits, and no --container",
                     pods ? "like --container web --limits memory=1Gi" : "like --limits memory=1Gi");
    if (pods) action["container"] = args.container;
    for (const auto& [name, list] : {std::pair{"requests", &args.requests}, std::pair{"limits", &args.limits}}) {
        if (list->empty()) continue;
        auto amounts = quantities(*list);
        if (!amounts) return std::move(amounts).error();
        action["resources"][name] = *std::move(amounts);
    }
    return {};
}

/// set-image takes CONTAINER=IMAGE; several become several actions.
Result<std::vector<Json>> with_images(const Json& action, const std::vector<std::string>& words) {
    std::vector<Json> actions;
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return usage("not an image: " + word, "write web=registry.example.com/cart:2.1");
        actions.push_back(action);
        actions.back()["container"] = word.substr(0, equals);
        actions.back()["image"] = word.substr(equals + 1);
    }
    if (actions.empty()) return usage("no image is named", "write web=registry.example.com/cart:2.1");
    return actions;
}

Result<std::vector<Json>> with_manifests(const std::string& verb, const ActArgs& args) {
    std::vector<Json> actions;
    for (const std::string& file : args.files) {
        const auto stream = read_input(file);
        if (!stream) return stream.error();
        for (const std::string& document : split_documents(*stream))
            actions.push_back({{"verb", verb}, {"manifest", document}});
    }
    if (actions.empty()) return usage("there is no object in the file", "give -f FILE, or -f - for stdin");
    return actions;
}

/// `run NAME --image IMAGE -- WORD...`: the manifest of a container.
Result<std::vector<Json>> container_to_run(const ActArgs& args) {
    if (args.words.empty()) return usage("no container is named", "like run cart --image cart:2 --memory 512Mi");
    Json spec = {{"image", args.image}};
    for (const auto& [name, value] : {std::pair{"memory", &args.memory},
                                      {"network", &args.network},
                                      {"restart", &args.restart},
                                      {"vram", &args.vram}})
        if (!value->empty()) spec[name] = *value;
    for (const auto& [name, list] :
         {std::pair{"publish", &args.publish}, {"volumes", &args.volumes}, {"gpus", &args.gpus}})
        if (!list->empty()) spec[name] = *list;
    for (const std::string& one : args.env) {
        const std::size_t equals = one.find('=');
        if (equals == std::string::npos || equals == 0)
            return usage("not a variable: " + one, "write it like KEY=VALUE");
        spec["env"][one.substr(0, equals)] = one.substr(equals + 1);
    }
    if (!args.run_words.empty()) spec["args"] = args.run_words;
    return std::vector<Json>{{{"verb", "create"},
                              {"manifest",
                               {{"apiVersion", "eose.ca/v1"},
                                {"kind", "Container"},
                                {"metadata", {{"name", args.words.front()}}},
                                {"spec", std::move(spec)}}}}};
}

/// The actions that `verb` with `args` asks for.
Result<std::vector<Json>> actions_of(const std::string& verb, ActArgs args) {
    if (verb == "create" || verb == "apply") return with_manifests(verb, args);
    if (verb == "run") return container_to_run(args);
    const bool container = verb == "start" || verb == "stop";
    const bool node = verb == "cordon" || verb == "uncordon" || verb == "drain";
    auto object = take_object(args.words, args.ns,
                              node              ? "Node"
                              : container       ? "Container"
                              : verb == "evict" ? "Pod"
                                                : "");
    if (!object) return std::move(object).error();
    Json action = {{"verb", verb}, {"object", *std::move(object)}};
    if (!args.api_version.empty()) action["object"]["api_version"] = args.api_version;
    if (verb == "set-image") return with_images(action, args.words);
    if (verb == "label" || verb == "annotate") {
        if (auto put = put_entries(action, args.words); !put) return put.error();
        return std::vector{action};
    }
    if (!args.words.empty()) return usage("one word too many: " + args.words.front(), "name one object");
    if (verb == "scale") action["replicas"] = args.replicas;
    if (verb == "set-resources")
        if (auto put = put_resources(action, args); !put) return put.error();
    if (verb == "patch") {
        auto patch = read_document(args.patch, "--patch");
        if (!patch) return std::move(patch).error();
        action["patch"] = *std::move(patch);
    }
    if (args.grace_s >= 0) action["grace_period_seconds"] = args.grace_s;
    return std::vector{action};
}

Exit carry_out(const Session& session, Ask ask, const std::string& verb, const ActArgs& args) {
    auto actions = actions_of(verb, args);
    if (!actions) return session.fail(actions.error());
    Json request = actions->size() == 1 ? actions->front() : Json{{"actions", *actions}};
    const Globals& globals = session.globals();
    if (!globals.target.empty()) request["target"] = globals.target;
    if (!globals.reason.empty()) request["reason"] = globals.reason;
    return send_request(session, ask, std::move(request));
}

Exit carry_out_plan(const Session& session, Ask ask, const std::string& file) {
    const auto content = read_input(file);
    if (!content) return session.fail(content.error());
    auto plan = read_document(*content, file);
    if (!plan) return session.fail(plan.error());
    if (!plan->is_object() || !member(*plan, "actions").is_array())
        return session.fail(
            error(Code::InvalidArgument, "not a plan", "it has target, reason and a list of actions", file));
    const Globals& globals = session.globals();
    if (!globals.target.empty()) (*plan)["target"] = globals.target;
    if (!globals.reason.empty()) (*plan)["reason"] = globals.reason;
    return send_request(session, ask, *std::move(plan));
}

struct VerbHelp {
    const char* verb;
    const char* about;
    const char* words;  ///< what follows the verb; empty: files
};

constexpr VerbHelp kVerbs[] = {
    {"scale", "Set the number of pods: deployment/cart -n shop --replicas 5", "KIND/NAME"},
    {"create", "Create what FILE holds; several documents are a plan", ""},
    {"apply", "Apply what FILE holds (server-side apply); several documents are a plan", ""},
    {"label", "Set or remove labels: node/n1 zone=a owner-", "KIND/NAME KEY=VALUE... KEY-..."},
    {"annotate", "Set or remove annotations", "KIND/NAME KEY=VALUE... KEY-..."},
    {"restart", "Restart a rollout: deployment/cart -n shop", "KIND/NAME"},
    {"set-image", "Change an image: deployment/cart web=registry.example.com/cart:2.1", "KIND/NAME CONTAINER=IMAGE..."},
    {"set-resources", "Change requests and limits: deployment/cart -c web --limits memory=1Gi", "KIND/NAME"},
    {"patch", "JSON merge patch: deployment/cart -p '{\"spec\": {\"minReadySeconds\": 5}}'", "KIND/NAME"},
    {"cordon", "Let a node take no more pods", "NODE"},
    {"uncordon", "Let a node take pods again", "NODE"},
    {"evict", "Evict a pod; the reason names the floor signal it answers", "POD"},
    {"drain", "Cordon a node and evict its pods; needs a reason", "NODE"},
    {"delete", "Delete an object; needs a reason", "KIND/NAME"},
    {"run", "Run a container on a Docker host: cart --image cart:2 --memory 512Mi -- WORD...", "NAME [-- WORD...]"},
    {"start", "Start a container that is there", "CONTAINER"},
    {"stop", "Stop a container; needs a reason", "CONTAINER"},
};

void add_run_options(CLI::App& sub, ActArgs& args) {
    sub.add_option("--image", args.image, "The image; it must be on the host")->required();
    sub.add_option("--memory", args.memory, "The most memory it can ever hold, like 512Mi; the gate asks for it");
    sub.add_option("-e,--env", args.env, "KEY=VALUE; may be repeated")->allow_extra_args(false);
    sub.add_option("--network", args.network, "bridge, host, none or a network's name");
    sub.add_option("--restart", args.restart, "no, on-failure, always or unless-stopped");
    sub.add_option("-p,--publish", args.publish, "Like 8080:80; may be repeated")->allow_extra_args(false);
    sub.add_option("-v,--volume", args.volumes, "Like /data:/data:ro; may be repeated")->allow_extra_args(false);
    sub.add_option("--gpus", args.gpus, "Indices of GPUs, like 0; may be repeated")->allow_extra_args(false);
    sub.add_option("--vram", args.vram, "The most it takes of each of them, like 6Gi");
}

void add_verb(CLI::App& group, Invocation& invocation, Ask ask, const VerbHelp& help) {
    const std::string verb = help.verb;
    CLI::App* sub = group.add_subcommand(verb, help.about)->fallthrough();
    const auto args = std::make_shared<ActArgs>();
    if (*help.words == '\0') {
        sub->add_option("-f,--filename", args->files, "Manifest, YAML or JSON; - reads stdin; may be repeated")
            ->required();
    } else {
        sub->add_option("object", args->words, help.words)->required()->type_name("");
    }
    // What stands behind "--" goes to an option that lacks words still: the library asks for one.
    if (verb == "run") {
        sub->get_option("object")->expected(1)->allow_extra_args(false);
        sub->add_option("words", args->run_words)->type_name("")->group("");
    }
    const bool container = verb == "run" || verb == "start" || verb == "stop";
    if (*help.words != '\0' && !container) {
        sub->add_option("-n,--namespace", args->ns, "Namespace; default: \"default\" for namespaced kinds");
        sub->add_option("--api-version", args->api_version, "Like apps/v1, for a kind that has several");
    }
    if (verb == "run") add_run_options(*sub, *args);
    if (verb == "scale")
        sub->add_option("--replicas", args->replicas, "How many pods there shall be")
            ->required()
            ->check(CLI::Range(-1e15, 1e15));
    if (verb == "set-resources") {
        sub->add_option("-c,--container", args->container, "The container in the pod template");
        sub->add_option("--requests", args->requests, "Like memory=256Mi,cpu=250m; memory- removes it");
        sub->add_option("--limits", args->limits, "Like memory=512Mi");
    }
    if (verb == "patch") sub->add_option("-p,--patch", args->patch, "The merge patch, JSON or YAML")->required();
    if (verb == "evict" || verb == "drain" || verb == "delete" || verb == "stop")
        sub->add_option("--grace-period", args->grace_s, "Seconds a pod or container gets to end")
            ->check(CLI::Range(0, 86400));
    sub->callback([&invocation, ask, verb, args] {
        invocation.command = [ask, verb, args](const Session& session) { return carry_out(session, ask, verb, *args); };
    });
}

void add_plan(CLI::App& group, Invocation& invocation, Ask ask, const char* about) {
    CLI::App* sub = group.add_subcommand("cycle", about)->fallthrough();
    const auto file = std::make_shared<std::string>();
    sub->add_option("file", *file, "Plan: target, reason, actions (YAML or JSON; - reads stdin)")
        ->required()
        ->type_name("FILE");
    sub->callback([&invocation, ask, file] {
        invocation.command = [ask, file](const Session& session) { return carry_out_plan(session, ask, *file); };
    });
}

}  // namespace

void add_act_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* act = app.add_subcommand("act", "Carry out one write, if the gate lets it pass")
                        ->fallthrough()
                        ->require_subcommand(1);
    CLI::App* gate = app.add_subcommand("gate", "Ask the gate for its verdict; nothing is written")
                         ->fallthrough()
                         ->require_subcommand(1);
    gate->add_option("-o,--output", invocation.globals.output,
                     "table, wide, json, yaml; smt2: what the write has to show, for any SMT solver to repeat")
        ->check(CLI::IsMember({"table", "wide", "json", "yaml", "smt2"}));
    for (const VerbHelp& help : kVerbs) {
        add_verb(*act, invocation, Ask::Act, help);
        add_verb(*gate, invocation, Ask::Gate, help);
    }
    add_plan(*gate, invocation, Ask::Gate, "Judge a plan of several writes");
    add_plan(app, invocation, Ask::Act, "Carry out a plan of several writes");
}

}  // namespace helix::cli
