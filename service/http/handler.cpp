#include "service/http/handler.hpp"

#include <algorithm>
#include <charconv>

#include "service/wire/manifest_json.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/problem_json.hpp"
#include "service/wire/yaml_json.hpp"

namespace helix::http {
using nlohmann::json;

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
    if (!request.has_param(name)) return false;
    const std::string text = request.get_param_value(name);
    if (text == "false") return false;
    if (text == "true") return true;
    return error(Code::InvalidArgument, std::string(name) + " is true or false", "mend the query", name);
}

Result<void> only_params(const httplib::Request& request, std::initializer_list<std::string_view> known) {
    const std::string* before = nullptr;  // they are sorted by name
    for (const auto& [name, value] : request.params) {
        const std::string shown = name.substr(0, 64);
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            std::string takes;
            for (const std::string_view one : known) takes += (takes.empty() ? "" : ", ") + std::string(one);
            return error(Code::InvalidArgument, "there is no parameter \"" + shown + "\" here",
                         takes.empty() ? "this takes none" : "this takes " + takes, shown);
        }
        if (before != nullptr && *before == name)
            return error(Code::InvalidArgument, shown + " is given twice", "give it once", shown);
        if (value.empty()) return error(Code::InvalidArgument, shown + " is empty", "leave it out", shown);
        before = &name;
    }
    return {};
}

bool is_target_name(const std::string& text) {
    return wire::is_name(text, wire::NameRule::Object);
}

Result<void> check_texts(const httplib::Request& request, std::initializer_list<TextRule> rules) {
    for (const TextRule& rule : rules)
        if (request.has_param(rule.name) && !rule.holds(request.get_param_value(rule.name)))
            return error(Code::InvalidArgument, std::string(rule.name) + " is not " + rule.what, "mend the query",
                         rule.name);
    return {};
}

bool is_type(std::string_view content_type, std::string_view wanted) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return type.size() == wanted.size() &&
           std::equal(type.begin(), type.end(), wanted.begin(), [&](char a, char b) { return lower(a) == b; });
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
