#include <algorithm>
#include <array>

#include "service/http/embedded.hpp"
#include "service/http/handler.hpp"
#include "service/http/routes.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

void get_ready(const Context& context, httplib::Response& res) {
    const std::vector<HealthCheck> checks = context.health();
    const bool ok = std::all_of(checks.begin(), checks.end(), [](const HealthCheck& check) { return check.ok; });
    json list = json::array();
    for (const HealthCheck& check : checks) {
        json one = {{"name", check.name}, {"ok", check.ok}};
        if (!check.detail.empty()) one["detail"] = check.detail;
        list.push_back(std::move(one));
    }
    write_json({{"status", ok ? "ok" : "failing"}, {"checks", std::move(list)}}, res, ok ? 200 : 503);
}

/// The request's path as it came: visible ASCII, so a URI reference.
std::string path_as_sent(const httplib::Request& req) {
    return req.target.substr(0, std::min<std::size_t>(req.target.find('?'), 256));
}

/// Gives a problem the request it is about, when its cycle does not stand there already.
void name_instance(const httplib::Request& req, httplib::Response& res) {
    const bool problem = res.get_header_value("Content-Type") == "application/problem+json";
    // In JSON text a quote within a string is escaped: this can only be a member's name.
    if (!problem || res.body.front() != '{' || res.body.find("\"instance\":") != std::string::npos) return;
    res.body.insert(1, "\"instance\":" + json(path_as_sent(req)).dump() + ",");
}

/// Whether httplib looks for a handler of `method`; it answers 400 to any other.
bool is_routed(std::string_view method) {
    constexpr std::array<std::string_view, 7> kRouted = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
    return std::find(kRouted.begin(), kRouted.end(), method) != kRouted.end();
}

/// httplib itself answers 404 for any path or method without a handler, and has not read the path of unknown methods.
void explain_unrouted(const http_engine::Server& server, const httplib::Request& req, httplib::Response& res) {
    const int status = res.status;
    const std::string path = req.path.empty() ? path_as_sent(req) : req.path;
    if (status == 404 || (status == 400 && !is_routed(req.method))) {
        const std::string allowed = server.methods_at(path);
        if (allowed.empty())
            return write_problem(error(Code::NotFound, "nothing is served at " + path.substr(0, 200),
                                       "see GET /openapi.yaml", path.substr(0, 200)),
                                 res);
        res.set_header("Allow", allowed);
        return write_problem(
            error(Code::InvalidArgument, req.method + " is not served here", "this takes " + allowed, "method"), res,
            "method-not-allowed");
    }
    if (status == 400)
        return write_problem(error(Code::InvalidArgument, "the request could not be read", "see RFC 9112"), res,
                             "malformed");
    if (status == 415)
        write_problem(error(Code::InvalidArgument, "the body's content type is not taken here", "send application/json",
                            "Content-Type"),
                      res, "unsupported-media-type");
}

/// Called for every answer from 400 on, before it is written.
void explain(const http_engine::Server& server, const httplib::Request& req, httplib::Response& res) {
    if (res.body.empty()) explain_unrouted(server, req, res);
    if (!res.body.empty()) name_instance(req, res);
}

}  // namespace

void route_service(http_engine::Server& server, Context& context) {
    server.Get("/livez", [](const httplib::Request&, httplib::Response& res) {
        write_json({{"status", "ok"}, {"checks", json::array()}}, res);
    });
    server.Get("/readyz", [&context](const httplib::Request&, httplib::Response& res) { get_ready(context, res); });
    server.Get("/metrics", guarded(context.authorizer, Role::Read, [&context](const auto&, auto& res, const Caller&) {
                   res.set_content(context.metrics(), "text/plain; version=0.0.4; charset=utf-8");
               }));
    server.Get(R"(/openapi\.yaml)", [](const httplib::Request&, httplib::Response& res) {
        res.set_content(std::string(embedded::openapi), "application/yaml");
    });
    const auto page = [](std::string_view text, const char* type) {
        return [text, type](const httplib::Request&, httplib::Response& res) {
            res.set_header("Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors 'none'");
            res.set_header("X-Content-Type-Options", "nosniff");
            res.set_header("Referrer-Policy", "no-referrer");
            res.set_header("Cache-Control", "no-cache");
            res.set_content(text.data(), text.size(), type);
        };
    };
    server.Get("/", page(embedded::page_html, "text/html; charset=utf-8"));
    server.Get(R"(/page\.js)", page(embedded::page_js, "text/javascript; charset=utf-8"));
    server.Get(R"(/page\.css)", page(embedded::page_css, "text/css; charset=utf-8"));
    server.set_error_handler(httplib::Server::Handler(
        [&server](const httplib::Request& req, httplib::Response& res) { explain(server, req, res); }));
    server.set_exception_handler([](const httplib::Request&, httplib::Response& res, std::exception_ptr) {
        write_problem(error(Code::Internal, "the request ended in an unforeseen failure", "the log has it"), res);
    });
}

}  // namespace helix::http
