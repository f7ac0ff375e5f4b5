#include <algorithm>
#include <array>

#include "service/http/act_once.hpp"
#include "service/http/handler.hpp"
#include "service/http/page.hpp"
#include "service/http/routes.hpp"
#include "service/http/trial_view.hpp"
#include "service/wire/action_json.hpp"
#include "service/wire/manifest_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using trial::Standing;

bool is_label(const std::string& text) {
    return wire::is_name(text, wire::NameRule::Label);
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, const std::string& text) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr TextRule kTarget{"target", is_target_name, "a target's name"};
constexpr TextRule kNamespace{"namespace", is_label, "a namespace"};
constexpr TextRule kVerdict{
    "verdict",
    [](const std::string& text) {
        constexpr std::array<std::string_view, 4> kVerdicts = {"ADMIT", "WATCH", "DENY", "PENDING"};
        return is_one_of(kVerdicts, text);
    },
    "ADMIT, WATCH, DENY or PENDING"};
constexpr TextRule kPhase{"phase",
                          [](const std::string& text) {
                              constexpr std::array<std::string_view, 6> kPhases = {"Precheck",  "Admission", "Runtime",
                                                                                   "ImageScan", "Scoring",   "Done"};
                              return is_one_of(kPhases, text);
                          },
                          "a phase"};

/// Why no trial can be seen on the court's cluster; none: they can.
std::optional<Error> closed(const court::Court& court) {
    const Standing standing = court.room().trials_standing();
    const std::string& target = court.target();
    if (standing.served == Standing::Served::No)
        return error(Code::NotFound, "the kind TrendalTrial is not installed on " + target, "helix crds install",
                     target);
    if (standing.served == Standing::Served::Current) return std::nullopt;
    Error away = error(
        Code::Unavailable,
        "the trials of " + target + " are not known yet" + (standing.problem.empty() ? "" : ": " + standing.problem),
        "see GET /readyz", target);
    away.retry_after_s = 2;
    return away;
}

/// The one court that the query means.
Result<court::Court*> chosen(const Context& context, const httplib::Request& req) {
    auto courts = courts_of(context, text_of(req, "target"));
    if (!courts) return courts.error();
    if (courts->size() > 1)
        return error(Code::InvalidArgument, "there are several targets that hold trials",
                     "name one: ?target=" + courts->front()->target(), "target");
    if (const auto why = closed(*courts->front())) return *why;
    return courts->front();
}

/// The trial that the path names. Errors: as chosen(); NotFound; InvalidArgument for what can be no name.
Result<TrialView> trial_of(const Context& context, const httplib::Request& req) {
    const std::string ns = req.matches[1];
    const std::string name = req.matches[2];
    if (!is_label(ns)) return error(Code::InvalidArgument, "not a namespace", "see GET /v1/trials", "namespace");
    if (!is_target_name(name)) return error(Code::InvalidArgument, "not a trial's name", "see GET /v1/trials", "name");
    const auto court = chosen(context, req);
    if (!court) return court.error();
    for (TrialView& view : trials_of(**court))
        if (view.trial->ns == ns && view.trial->name == name) return std::move(view);
    return error(Code::NotFound, "there is no trial " + ns + "/" + name + " on " + (*court)->target(),
                 "see GET /v1/trials", ns + "/" + name);
}

void write_trial_problem(const Error& problem, httplib::Response& res) {
    if (problem.code == Code::InvalidArgument) return write_bad_parameter(problem, res);
    write_problem(problem, res);
}

void get_trials(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target", "namespace", "verdict", "phase", "limit", "offset"}); !known)
        return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget, kNamespace, kVerdict, kPhase}); !texts)
        return write_bad_parameter(texts.error(), res);
    if (const auto page = check_page(req); !page) return write_bad_parameter(page.error(), res);
    const auto courts = courts_of(context, text_of(req, "target"));
    if (!courts) return write_trial_problem(courts.error(), res);
    const court::Micros now = context.clock->now_us();
    const auto holds = [&](const char* name, std::string_view value) {
        return !req.has_param(name) || req.get_param_value(name) == value;
    };
    std::vector<json> all;
    std::optional<Error> why;
    bool open = false;
    for (const court::Court* court : *courts) {
        auto away = closed(*court);
        open = open || !away;
        if (away) {
            why = std::move(away);
            continue;
        }
        for (const TrialView& view : trials_of(*court))
            if (holds("namespace", view.trial->ns) && holds("verdict", to_string(view.verdict())) &&
                holds("phase", view.phase(now)))
                all.push_back(trial_json(view, now, false));
    }
    if (!open && why) return write_problem(*why, res);
    write_page(std::move(all), req, res);
}

using Show = json (*)(const TrialView& view, court::Micros now);

void get_one(const Context& context, Show show, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target"}); !known) return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget}); !texts) return write_bad_parameter(texts.error(), res);
    const auto view = trial_of(context, req);
    if (!view) return write_trial_problem(view.error(), res);
    write_json(show(*view, context.clock->now_us()), res);
}

/// Which of its own parameters a write on trials takes, and whether it is a dry run.
Result<bool> dry_run_of(const httplib::Request& req, std::initializer_list<std::string_view> params) {
    if (const auto known = only_params(req, params); !known) return known.error();
    if (const auto texts = check_texts(req, {kTarget}); !texts) return texts.error();
    return flag_of(req, "dry_run");
}

/// `asked`: the same as an ActionRequest.
void act(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller, const json& asked,
         bool dry_run, const std::string& key) {
    auto parsed = wire::action_request_from_json(asked);
    if (!parsed) return write_refusal(parsed.error(), res);
    usecases::CycleRequest request;
    request.target = std::move(parsed->target);
    request.actions = std::move(parsed->actions);
    request.actor = caller.name;
    request.dry_run = dry_run;
    request.idempotency_key = key;
    const gate::ObjectRef& object = request.actions.front().object;
    if (object.kind != "TrendalTrial" || object.api_version != "eose.ca/v1")
        return write_refusal(error(Code::InvalidArgument, gate::describe(object) + " is no TrendalTrial of eose.ca/v1",
                                   "send a trial; everything else goes through POST /v1/actions", "/kind"),
                             res);
    act_once(context, std::move(request), req.method + " " + req.path + "\n" + asked.dump(), res);
}

void post_trial(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    const auto dry_run = dry_run_of(req, {"target", "dry_run"});
    if (!dry_run) return write_bad_parameter(dry_run.error(), res);
    const auto key = idempotency_key_of(req, *dry_run);
    if (!key) return write_bad_key(key.error(), res);
    const auto body = body_of(req);
    if (!body) return write_bad_body(body.error(), res);
    const auto court = chosen(context, req);
    if (!court) return write_trial_problem(court.error(), res);
    act(context, req, res, caller, {{"target", (*court)->target()}, {"verb", "apply"}, {"manifest", *body}}, *dry_run,
        *key);
}

void delete_trial(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    const auto dry_run = dry_run_of(req, {"target", "dry_run", "reason"});
    if (!dry_run) return write_bad_parameter(dry_run.error(), res);
    const auto key = idempotency_key_of(req, *dry_run);
    if (!key) return write_bad_key(key.error(), res);
    const std::string ns = req.matches[1];
    const std::string name = req.matches[2];
    const auto court = chosen(context, req);
    if (!court) return write_trial_problem(court.error(), res);
    json asked = {
        {"target", (*court)->target()},
        {"verb", "delete"},
        {"object", {{"api_version", "eose.ca/v1"}, {"kind", "TrendalTrial"}, {"namespace", ns}, {"name", name}}}};
    if (req.has_param("reason")) asked["reason"] = req.get_param_value("reason");
    act(context, req, res, caller, asked, *dry_run, *key);
}

/// An approval is its author's signature: the API server lets nobody write another's name (deploy/policies), so that
/// this service cannot do it for anybody.
void post_approve(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target"}); !known) return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget}); !texts) return write_bad_parameter(texts.error(), res);
    const auto view = trial_of(context, req);
    if (!view) return write_trial_problem(view.error(), res);
    const trial::Layer layer = view->trial->spec.layer;
    const std::string which = view->trial->name + " -n " + view->trial->ns;
    if (!trial::law_of(layer).approval)
        return write_problem(error(Code::PreconditionFailed,
                                   std::string(to_string(layer)) + " asks for no approval: nothing is to be done",
                                   "only L5 and L7 wait for one", view->trial->ns + "/" + view->trial->name),
                             res);
    const char* annotation = layer == trial::Layer::L7 ? "eose.ca/megscifiar-approved-by" : "eose.ca/approved-by";
    write_problem(
        error(Code::PermissionDenied,
              "an approval carries the name of whoever writes it, so this service cannot write yours",
              "with your own kubeconfig: pemos trial approve " + which + "; or: kubectl annotate trendaltrial " +
                  which + " " + annotation + "=YOUR-NAME, as `kubectl auth whoami` tells it",
              annotation),
        res);
}

}  // namespace

Result<std::vector<court::Court*>> courts_of(const Context& context, const std::string& target) {
    std::vector<court::Court*> courts;
    if (context.courts == nullptr || context.courts->empty())
        return error(Code::NotFound, "no trials are held here",
                     "name a Kubernetes target in the configuration, and leave court.enabled on");
    for (const auto& court : *context.courts)
        if (target.empty() || court->target() == target) courts.push_back(court.get());
    if (courts.empty())
        return error(Code::NotFound, "no trials are held on a target \"" + target + "\"", "see GET /v1/targets",
                     "target");
    return courts;
}

void route_trials(http_engine::Server& server, Context& context) {
    constexpr const char* kOne = "/v1/trials/([^/]+)/([^/]+)";
    const auto read = [&](const std::string& pattern, Show show) {
        server.Get(pattern,
                   guarded(context.authorizer, Role::Read, [&context, show](const auto& req, auto& res, const Caller&) {
                       get_one(context, show, req, res);
                   }));
    };
    server.Get("/v1/trials",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_trials(context, req, res); }));
    server.Post("/v1/trials", acting(context.authorizer, [&context](const auto& req, auto& res, const Caller& caller) {
                    post_trial(context, req, res, caller);
                }));
    read(kOne, [](const TrialView& view, court::Micros now) { return trial_json(view, now, true); });
    server.Delete(kOne, acting(context.authorizer, [&context](const auto& req, auto& res, const Caller& caller) {
                      delete_trial(context, req, res, caller);
                  }));
    read(std::string(kOne) + "/verdict", verdict_json);
    read(std::string(kOne) + "/evidence", [](const TrialView& view, court::Micros) { return evidence_json(view); });
    read(std::string(kOne) + "/explain", explanation_json);
    server.Post(std::string(kOne) + "/approve",
                guarded(context.authorizer, Role::Act,
                        [&context](const auto& req, auto& res, const Caller&) { post_approve(context, req, res); }));
}

}  // namespace helix::http
