#include <algorithm>

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

/// Answers of httplib itself (no such path, no such method) become problems, too.
void explain(const httplib::Request& req, httplib::Response& res) {
    if (!res.body.empty()) return;
    const int status = res.status;
    if (status == 404)
        return write_problem(error(Code::NotFound, "nothing is served at " + req.path.substr(0, 200),
                                   "see GET /openapi.yaml", req.path.substr(0, 200)),
                             res);
    if (status == 405)
        return write_problem(
            error(Code::InvalidArgument, req.method + " is not served here", "see GET /openapi.yaml", "method"), res,
            "method-not-allowed");
    if (status == 400)
        return write_problem(error(Code::InvalidArgument, "the request could not be read", "see RFC 9112"), res,
                             "malformed");
    if (status == 415)
        write_problem(error(Code::InvalidArgument, "the body's content type is not taken here", "send application/json",
                            "Content-Type"),
                      res, "unsupported-media-type");
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
    server.Get("/openapi.yaml", [](const httplib::Request&, httplib::Response& res) {
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
    server.Get("/page.js", page(embedded::page_js, "text/javascript; charset=utf-8"));
    server.Get("/page.css", page(embedded::page_css, "text/css; charset=utf-8"));
    server.set_error_handler(httplib::Server::Handler(explain));
    server.set_exception_handler([](const httplib::Request&, httplib::Response& res, std::exception_ptr) {
        write_problem(error(Code::Internal, "the request ended in an unforeseen failure", "the log has it"), res);
    });
}

}  // namespace helix::http
