#include "service/http/handler.hpp"

#include <charconv>

#include "service/wire/parse_json.hpp"
#include "service/wire/problem_json.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

bool is_type(const std::string& content_type, std::string_view wanted) {
    return content_type.compare(0, wanted.size(), wanted) == 0 &&
           (content_type.size() == wanted.size() || content_type[wanted.size()] == ';' ||
            content_type[wanted.size()] == ' ');
}

}  // namespace

void write_problem(const Error& problem, httplib::Response& response, std::string_view name, const json& extra) {
    json body = name.empty() ? wire::problem_json(problem) : wire::problem_json(problem, name);
    body.update(extra);
    response.status = body.at("status").get<int>();
    if (problem.retry_after_s > 0 || response.status == 503)
        response.set_header("Retry-After", std::to_string(problem.retry_after_s > 0 ? problem.retry_after_s : 5));
    if (response.status == 401) response.set_header("WWW-Authenticate", "Bearer realm=\"helix\"");
    response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace), "application/problem+json");
}

void write_json(const json& value, httplib::Response& response, int status) {
    response.status = status;
    response.set_content(value.dump(-1, ' ', false, json::error_handler_t::replace), "application/json");
}

httplib::Server::Handler guarded(const Authorizer& authorizer, Role role, Handle handle) {
    return [&authorizer, role, handle = std::move(handle)](const httplib::Request& req, httplib::Response& res) {
        const auto caller = authorizer.authorize(req, role);
        if (!caller) return write_problem(caller.error(), res);
        handle(req, res, *caller);
    };
}

Result<std::optional<std::uint64_t>> number_of(const httplib::Request& request, const char* name, std::uint64_t low,
                                               std::uint64_t high) {
    if (!request.has_param(name)) return std::optional<std::uint64_t>{};
    const std::string text = request.get_param_value(name);
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        return error(
            Code::InvalidArgument,
            std::string(name) + " is not a whole number in " + std::to_string(low) + ".." + std::to_string(high),
            "mend the query", name);
    return std::optional(value);
}

Result<bool> flag_of(const httplib::Request& request, const char* name) {
    const std::string text = text_of(request, name);
    if (text.empty() || text == "false") return false;
    if (text == "true") return true;
    return error(Code::InvalidArgument, std::string(name) + " is true or false", "mend the query", name);
}

std::string text_of(const httplib::Request& request, const char* name) {
    return request.has_param(name) ? request.get_param_value(name) : std::string();
}

Result<json> body_of(const httplib::Request& request) {
    const std::string content_type = request.get_header_value("Content-Type");
    if (is_type(content_type, "application/json")) return wire::parse_json(request.body);
    if (is_type(content_type, "application/yaml") || is_type(content_type, "application/x-yaml"))
        return wire::yaml_to_json(request.body);
    return error(Code::Unimplemented, "the body's content type is not taken here",
                 "send application/json or application/yaml", "Content-Type");
}

void write_bad_body(const Error& problem, httplib::Response& response) {
    if (problem.code == Code::Unimplemented) return write_problem(problem, response, "unsupported-media-type");
    if (problem.code == Code::ResourceExhausted) return write_problem(problem, response, "body-too-large");
    write_problem(problem, response, "malformed");
}

void write_bad_parameter(const Error& problem, httplib::Response& response) {
    write_problem(problem, response, "bad-parameter");
}

}  // namespace helix::http
