#include "service/cli/http_api.hpp"

#include <charconv>
#include <chrono>
#include <regex>

#include <httplib.h>
#include <unistd.h>

#include "service/wire/parse_json.hpp"

namespace helix::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64UL * 1024UL * 1024UL;
constexpr std::string_view kProblemPrefix = "https://helix.eose.ca/problems/";
constexpr int kConnectTimeout_s = 5;
constexpr int kStreamSilenceMax_s = 45;  // the service sends a heartbeat every 15 s

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

/// Where httplib's error codes become ours.
Error to_error(httplib::Error failure, const Endpoint& endpoint) {
    const std::string cause = httplib::to_string(failure);
    switch (failure) {
        case httplib::Error::Connection:
        case httplib::Error::ConnectionTimeout:
        case httplib::Error::BindIPAddress:
            return error(Code::Unavailable, "no connection to the service",
                         "start it with `helix serve`, or name it with --server or HELIX_SERVER", endpoint.server);
        case httplib::Error::SSLConnection:
            return error(Code::Unavailable, "no TLS connection to the service", "check that the URL's https is meant",
                         endpoint.server);
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification:
            return error(Code::PermissionDenied, "the service's certificate is not trusted",
                         "name its authority with --ca FILE, and the host as the certificate does", endpoint.server);
        default:
            return error(Code::UnknownOutcome, "the answer was lost: " + cause, "ask again", endpoint.server);
    }
}

httplib::Client make_client(const Endpoint& endpoint, int read_timeout_s) {
    httplib::Client client(endpoint.server);
    client.set_connection_timeout(kConnectTimeout_s);
    client.set_read_timeout(read_timeout_s);
    client.set_write_timeout(read_timeout_s);
    client.set_keep_alive(false);
    if (!endpoint.ca_file.empty()) client.set_ca_cert_path(endpoint.ca_file);
    return client;
}

httplib::Request make_request(const Endpoint& endpoint, const char* method, const std::string& path) {
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.set_header("Accept", "application/json, application/problem+json, text/plain");
    if (!endpoint.token.empty()) request.set_header("Authorization", "Bearer " + endpoint.token);
    return request;
}

/// Sends `request` and reads the answer within the bounds on size and time.
Result<Answer> exchange(const Endpoint& endpoint, httplib::Request request) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::seconds(endpoint.timeout_s);
    std::string body;
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        if (body.size() + size > kAnswerBytesMax || Clock::now() > deadline) return false;
        body.append(data, size);
        return true;
    };
    httplib::Client client = make_client(endpoint, endpoint.timeout_s);
    httplib::Response response;
    httplib::Error failure = httplib::Error::Success;
    if (!client.send(request, response, failure)) return to_error(failure, endpoint);

    Answer answer;
    answer.status = response.status;
    answer.replayed = response.get_header_value("Idempotency-Replayed") == "true";
    const std::string wait = response.get_header_value("Retry-After");
    std::from_chars(wait.data(), wait.data() + wait.size(), answer.retry_after_s);
    const std::string type = response.get_header_value("Content-Type");
    if (response.status < 400 && type.starts_with("text/plain")) {
        answer.body = std::move(body);
        answer.from_helix = true;
        return answer;
    }
    auto parsed = wire::parse_json(body, {.depth = 256, .bytes = kAnswerBytesMax, .inexact_integers = true});
    const bool json_type = type.find("json") != std::string::npos;
    answer.from_helix = parsed.ok() && json_type && (response.status < 400 || parsed->is_object());
    if (parsed) {
        answer.body = *std::move(parsed);
    } else if (response.status < 400) {
        return error(Code::Internal, "the answer is not JSON: " + parsed.error().message,
                     "check that --server is a helix service", endpoint.server);
    }
    if (response.status >= 400 && answer.problem_type().empty()) answer.from_helix = false;
    return answer;
}

}  // namespace

std::string Answer::problem_type() const {
    if (!body.is_object()) return {};
    const auto type = body.find("type");
    if (type == body.end() || !type->is_string()) return {};
    const auto& uri = type->get_ref<const std::string&>();
    return uri.rfind(kProblemPrefix, 0) == 0 ? uri.substr(kProblemPrefix.size()) : std::string{};
}

std::string url_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                           c == '.' || c == '_' || c == '~' || c == ',';
        if (plain) {
            result += c;
        } else {
            result += '%';
            result += kDigits[byte >> 4U];
            result += kDigits[byte & 0xFU];
        }
    }
    return result;
}

Result<Api> Api::open(Endpoint endpoint) {
    static const std::regex kUrl(R"(^(https?)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/?$)");
    std::smatch match;
    if (!std::regex_match(endpoint.server, match, kUrl))
        return error(Code::InvalidArgument, "not the URL of a service: " + endpoint.server,
                     "write it like https://helix.example.com:8765", "--server");
    while (endpoint.server.back() == '/') endpoint.server.pop_back();
    std::string host = match[2];
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    if (!endpoint.token.empty() && match[1] == "http" && !is_loopback(host))
        return error(Code::InvalidArgument, "a token is not sent in clear to another host", "use https://", "--server");
    if (!endpoint.ca_file.empty() && ::access(endpoint.ca_file.c_str(), R_OK) != 0)
        return error(Code::NotFound, "the CA file cannot be read", "name a PEM file", endpoint.ca_file);
    return Api(std::move(endpoint));
}

Result<Answer> Api::get(const std::string& path) {
    auto answer = exchange(endpoint_, make_request(endpoint_, "GET", path));
    if (answer || answer.error().code != Code::UnknownOutcome) return answer;
    Error failure = std::move(answer).error();
    failure.code = Code::Unavailable;  // a read leaves nothing in doubt
    return failure;
}

Result<Answer> Api::post(const std::string& path, const nlohmann::json& body, const std::string& idempotency_key) {
    httplib::Request request = make_request(endpoint_, "POST", path);
    request.set_header("Content-Type", "application/json");
    if (!idempotency_key.empty()) request.set_header("Idempotency-Key", idempotency_key);
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return exchange(endpoint_, std::move(request));
}

Result<Answer> Api::stream(const std::string& path, const std::string& last_event_id,
                           const std::function<bool(std::string_view)>& take) {
    httplib::Request request = make_request(endpoint_, "GET", path);
    request.headers.erase("Accept");
    request.set_header("Accept", "text/event-stream, application/problem+json");
    if (!last_event_id.empty()) request.set_header("Last-Event-ID", last_event_id);
    Answer answer;
    std::string refusal;
    bool wanted = true;
    request.response_handler = [&](const httplib::Response& response) {
        answer.status = response.status;
        const std::string wait = response.get_header_value("Retry-After");
        std::from_chars(wait.data(), wait.data() + wait.size(), answer.retry_after_s);
        return true;
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        if (answer.status == 200) return wanted = take({data, size});
        if (refusal.size() + size > kAnswerBytesMax) return false;
        refusal.append(data, size);
        return true;
    };
    httplib::Client client = make_client(endpoint_, kStreamSilenceMax_s);
    httplib::Response response;
    httplib::Error failure = httplib::Error::Success;
    const bool ended = client.send(request, response, failure);
    if (!wanted) return answer;
    if (!ended && answer.status != 200) return to_error(failure, endpoint_);
    if (auto parsed = wire::parse_json(refusal)) answer.body = *std::move(parsed);
    answer.from_helix = answer.status == 200 || !answer.problem_type().empty();
    return answer;
}

Result<Answer> post_write(Api& api, const std::string& path, const nlohmann::json& body, const std::string& key,
                          const std::function<void(const std::string&)>& say) {
    const auto lost = [](const Result<Answer>& answer) {
        if (!answer) return answer.error().code == Code::UnknownOutcome || answer.error().code == Code::Internal;
        return !answer->from_helix && answer->status >= 500;  // from somebody between us and the service
    };
    const auto unknown = [&](const std::string& why) {
        return error(Code::UnknownOutcome, "the write may or may not have happened: " + why,
                     "run the command again with --idempotency-key " + key + ": nothing is done twice",
                     api.endpoint().server);
    };
    auto first = api.post(path, body, key);
    if (!lost(first)) return first;
    say("the answer was lost; asking once more with the same key, " + key);
    auto second = api.post(path, body, key);
    if (!second) return unknown(second.error().message);
    if (lost(second)) return unknown("status " + std::to_string(second->status) + " without a problem document");
    if (second->problem_type() == "idempotency-in-progress") return unknown("the service is still at it");
    return second;
}

}  // namespace helix::cli
