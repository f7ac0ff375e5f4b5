#include <algorithm>
#include <array>

#include "service/http/handler.hpp"
#include "service/http/page.hpp"
#include "service/http/routes.hpp"
#include "service/wire/manifest_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using usecases::TargetRuntime;

constexpr TextRule kTarget{"target", is_target_name, "a target's name"};
constexpr TextRule kNamespace{
    "namespace", [](const std::string& text) { return wire::is_name(text, wire::NameRule::Label); }, "a namespace"};
constexpr TextRule kKind{"kind",
                         [](const std::string& text) {
                             constexpr std::array<std::string_view, 10> kKinds = {
                                 "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
                                 "Job",        "CronJob",     "Pod",       "Container",  "Other"};
                             return std::find(kKinds.begin(), kKinds.end(), text) != kKinds.end();
                         },
                         "a kind that makes pods"};

/// The targets a query means: the named one, or all.
Result<std::vector<const TargetRuntime*>> chosen(const Context& context, const httplib::Request& req) {
    std::vector<const TargetRuntime*> targets;
    const std::string name = text_of(req, "target");
    if (!name.empty()) {
        const auto one = context.targets.resolve(name);
        if (!one) return one.error();
        targets.push_back(*one);
        return targets;
    }
    for (const auto& runtime : context.targets.all()) targets.push_back(runtime.get());
    return targets;
}

void get_units(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target", "break", "limit", "offset"}); !known)
        return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget}); !texts) return write_bad_parameter(texts.error(), res);
    const auto only_break = flag_of(req, "break");
    if (!only_break) return write_bad_parameter(only_break.error(), res);
    const auto targets = chosen(context, req);
    if (!targets) return write_problem(targets.error(), res);
    std::vector<json> all;
    const bool filtered = req.has_param("break");
    for (const TargetRuntime* runtime : *targets)
        for (json& unit : context.views.units(*runtime))
            if (!filtered || unit.at("break") == *only_break) all.push_back(std::move(unit));
    write_page(std::move(all), req, res);
}

void get_workloads(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"target", "namespace", "kind", "limit", "offset"}); !known)
        return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kTarget, kNamespace, kKind}); !texts)
        return write_bad_parameter(texts.error(), res);
    const auto targets = chosen(context, req);
    if (!targets) return write_problem(targets.error(), res);
    std::vector<json> all;
    for (const TargetRuntime* runtime : *targets)
        for (json& workload : context.views.workloads(*runtime, {text_of(req, "namespace"), text_of(req, "kind")}))
            all.push_back(std::move(workload));
    write_page(std::move(all), req, res);
}

}  // namespace

void route_targets(http_engine::Server& server, Context& context) {
    const auto read = [&](Handle handle) { return guarded(context.authorizer, Role::Read, std::move(handle)); };
    server.Get("/v1/targets", read([&context](const auto&, auto& res, const Caller&) {
                   json items = json::array();
                   for (const auto& runtime : context.targets.all()) items.push_back(context.views.target(*runtime));
                   write_json({{"items", std::move(items)}}, res);
               }));
    server.Get(R"(/v1/targets/([^/]+))", read([&context](const auto& req, auto& res, const Caller&) {
                   const std::string name = req.matches[1];
                   if (!is_target_name(name))
                       return write_bad_parameter(
                           error(Code::InvalidArgument, "not a target's name", "see GET /v1/targets", "target"), res);
                   const auto runtime = context.targets.resolve(name);
                   if (!runtime) return write_problem(runtime.error(), res);
                   write_json(context.views.target(**runtime), res);
               }));
    server.Get("/v1/units",
               read([&context](const auto& req, auto& res, const Caller&) { get_units(context, req, res); }));
    server.Get("/v1/workloads",
               read([&context](const auto& req, auto& res, const Caller&) { get_workloads(context, req, res); }));
}

}  // namespace helix::http
