#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::cli {

/// Where the service is and how to reach it.
struct Endpoint {
    std::string server = "http://127.0.0.1:8765";
    std::string token = {};    ///< bearer token; empty: none is sent
    std::string ca_file = {};  ///< PEM; empty: the system's authorities
    int timeout_s = 60;        ///< for the whole answer
};

/// What the service answered.
struct Answer {
    int status = 0;
    nlohmann::json body;      ///< of an answer in plain text: the text
    bool from_helix = false;  ///< the body is what the service said; else it is text from somebody in between
    int retry_after_s = 0;
    bool replayed = false;  ///< an earlier request with this key was answered so

    [[nodiscard]] bool ok() const { return status >= 200 && status < 300 && from_helix; }
    /// The problem's type without its prefix: "gate-break"; empty when this is no problem document.
    [[nodiscard]] std::string problem_type() const;
};

/// Percent-encodes one value of a query or one path segment.
std::string url_encoded(std::string_view text);

/// The service's HTTP API. One connection per request, so that no request can be lost on one that died while idle.
///
/// Threads: one at a time.
class Api {
public:
    /// Errors: InvalidArgument for a URL that is none, or a token that would travel in clear to another host; NotFound
    /// when the CA file is not there.
    static Result<Api> open(Endpoint endpoint);

    /// Errors: Unavailable (no connection, or no whole answer), PermissionDenied (TLS), Internal (not JSON).
    Result<Answer> get(const std::string& path);
    /// Errors: Unavailable (no connection: nothing was sent), UnknownOutcome (the answer was lost), PermissionDenied,
    /// Internal.
    Result<Answer> post(const std::string& path, const nlohmann::json& body, const std::string& idempotency_key);

    /// Reads a stream: calls `take` with each piece until it returns false or the stream ends.
    /// Returns the answer when its status is not 200. Errors: as get.
    Result<Answer> stream(const std::string& path, const std::string& last_event_id,
                          const std::function<bool(std::string_view)>& take);

    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

private:
    explicit Api(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
    Endpoint endpoint_;
};

/// The write `body` to `path`, sent once more with the same key when its answer was lost; `say` is told so.
/// Errors: as Api::post; once anything was sent only UnknownOutcome.
Result<Answer> post_write(Api& api, const std::string& path, const nlohmann::json& body, const std::string& key,
                          const std::function<void(const std::string&)>& say);

}  // namespace helix::cli
