#include "adapters/http2_client/answer.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

namespace helix::http2_client {
namespace {

constexpr int kRetryAfterMax_s = 3600;
constexpr std::size_t kStatusBodyMax = 64U << 10U;
constexpr std::size_t kMessageMax = 1024;

/// The parts of a Kubernetes Status object that we use.
struct KubeStatus {
    bool present = false;
    std::string reason;
    std::string message;
    int retry_after_s = 0;
    bool disruption_budget = false;
};

/// Text from outside, fit for a log line: no control characters, bounded.
std::string tame(std::string text) {
    if (text.size() > kMessageMax) text.resize(kMessageMax);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

std::string text_of(const nlohmann::json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

KubeStatus parse_status(const std::string& body) {
    KubeStatus status;
    if (body.empty() || body.size() > kStatusBodyMax) return status;
    const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object() || text_of(json, "kind") != "Status") return status;
    status.present = true;
    status.reason = text_of(json, "reason");
    status.message = tame(text_of(json, "message"));
    const auto details = json.find("details");
    if (details == json.end() || !details->is_object()) return status;
    if (const auto wait = details->find("retryAfterSeconds"); wait != details->end() && wait->is_number_unsigned())
        status.retry_after_s = static_cast<int>(std::min<std::uint64_t>(wait->get<std::uint64_t>(), kRetryAfterMax_s));
    if (const auto causes = details->find("causes"); causes != details->end() && causes->is_array())
        status.disruption_budget = std::any_of(causes->begin(), causes->end(), [](const nlohmann::json& cause) {
            return cause.is_object() && text_of(cause, "reason") == "DisruptionBudget";
        });
    return status;
}

Code code_of_5xx(int status, const KubeStatus& kube, bool is_write) {
    if (status == 501 || status == 505) return Code::Unimplemented;
    if (is_write && !(status == 503 && kube.present)) return Code::UnknownOutcome;
    return Code::Unavailable;
}

Code code_of(int status, const KubeStatus& kube, bool is_write) {
    switch (status) {
        case 401:
            return Code::Unauthenticated;
        case 403:
            return Code::PermissionDenied;
        case 404:
            return Code::NotFound;
        case 405:
            return Code::Unimplemented;
        case 409:
            return kube.reason == "AlreadyExists" ? Code::AlreadyExists : Code::Conflict;
        case 410:
        case 412:
            return Code::PreconditionFailed;
        case 413:
            return Code::ResourceExhausted;
        case 429:
            return kube.disruption_budget ? Code::PreconditionFailed : Code::ResourceExhausted;
        default:
            break;
    }
    if (status >= 500) return code_of_5xx(status, kube, is_write);
    return status >= 400 ? Code::InvalidArgument : Code::Unimplemented;
}

std::string mend_of(int status, bool is_write) {
    switch (status) {
        case 401:
            return "check the token or client certificate of this user in the kubeconfig";
        case 403:
            return "grant this verb to the identity in RBAC";
        case 409:
            return "read the object again and redo the step";
        case 410:
            return "list anew: the version asked for is no longer kept";
        default:
            break;
    }
    if (status >= 300 && status < 400) return "redirects are not followed: configure the server's own URL";
    return status >= 500 && is_write ? "read the object back before anything is sent again" : std::string();
}

}  // namespace

std::optional<int> parse_retry_after(std::string_view value, std::time_t now) {
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (value.empty()) return std::nullopt;
    if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        int seconds = kRetryAfterMax_s;  // stays so when the number is too long for an int
        std::from_chars(value.data(), value.data() + value.size(), seconds);
        return std::min(seconds, kRetryAfterMax_s);
    }
    const std::time_t until = curl_getdate(std::string(value).c_str(), nullptr);
    if (until == -1) return std::nullopt;
    return static_cast<int>(std::clamp<std::time_t>(until - now, 0, kRetryAfterMax_s));
}

Error to_error(const Response& response, bool is_write, std::time_t now) {
    const KubeStatus kube = parse_status(response.body);
    std::string message = "HTTP " + std::to_string(response.status);
    if (!kube.reason.empty()) message += " " + tame(kube.reason);
    if (!kube.message.empty()) message += ": " + kube.message;
    Error failure =
        error(code_of(response.status, kube, is_write), std::move(message), mend_of(response.status, is_write));
    failure.retry_after_s = parse_retry_after(response.retry_after, now).value_or(kube.retry_after_s);
    return failure;
}

Result<Response> accept(Response response, bool is_write) {
    if (response.status >= 200 && response.status < 300) return response;
    return to_error(response, is_write, std::time(nullptr));
}

}  // namespace helix::http2_client
