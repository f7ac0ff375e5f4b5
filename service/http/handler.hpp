#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "service/http/auth.hpp"

namespace helix::http {

/// Answers `problem` as application/problem+json with its status and, where it has one, Retry-After. `extra` members
/// are added (a verdict, a cycle); `name` overrides the type's name that the code gives.
void write_problem(const Error& problem, httplib::Response& response, std::string_view name = {},
                   const nlohmann::json& extra = nlohmann::json::object());

void write_json(const nlohmann::json& value, httplib::Response& response, int status = 200);

/// Wraps a handler: the caller is authorized for `role` first, and gets the problem when it is not.
using Handle = std::function<void(const httplib::Request&, httplib::Response&, const Caller&)>;
httplib::Server::Handler guarded(const Authorizer& authorizer, Role role, Handle handle);

/// A query parameter that is a whole number within [low, high]; nothing when it is not given.
/// Errors: InvalidArgument naming the parameter.
Result<std::optional<std::uint64_t>> number_of(const httplib::Request& request, const char* name, std::uint64_t low,
                                               std::uint64_t high);

/// A query parameter that is true or false (false when not given). Errors: InvalidArgument naming the parameter.
Result<bool> flag_of(const httplib::Request& request, const char* name);

/// Refuses a query parameter that is not one of `known`, comes twice, or is empty: a misspelt dry_run must not write.
/// Errors: InvalidArgument naming the parameter.
Result<void> only_params(const httplib::Request& request, std::initializer_list<std::string_view> known);

/// What a query parameter's text must be.
struct TextRule {
    const char* name;
    bool (*holds)(const std::string& text);
    const char* what;  ///< "a ULID"
};
bool is_target_name(const std::string& text);
/// Errors: InvalidArgument naming the parameter whose text is not what its rule says.
Result<void> check_texts(const httplib::Request& request, std::initializer_list<TextRule> rules);

/// Whether `content_type` is `wanted` (lower case), parameters aside.
bool is_type(std::string_view content_type, std::string_view wanted);

/// A query parameter's text, "" when not given.
std::string text_of(const httplib::Request& request, const char* name);

/// Reads the body as JSON, or as YAML when its content type says so.
/// Errors: InvalidArgument with the place; Unimplemented for another content type (written as 415).
Result<nlohmann::json> body_of(const httplib::Request& request);

/// The problem name of an error of body_of or of a query parameter: "malformed", "bad-parameter", ...
void write_bad_body(const Error& problem, httplib::Response& response);
void write_bad_parameter(const Error& problem, httplib::Response& response);

}  // namespace helix::http
