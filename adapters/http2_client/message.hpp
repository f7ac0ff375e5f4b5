#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::http2_client {

enum class Method { Get, Post, Put, Patch, Delete };

/// The method's name on the wire ("PATCH").
std::string_view to_string(Method method);

/// One request. The credential is not part of it: the channel adds the one that is good at the time of sending.
struct Request {
    Method method = Method::Get;
    std::string path;               ///< path and query, from "/", already percent-encoded
    std::string content_type = {};  ///< of `body`; empty: none sent
    std::string accept = "application/json";
    std::shared_ptr<const std::string> body = {};  ///< shared, so that a resent read or a queue never copies it
    std::chrono::milliseconds timeout{30'000};     ///< from submission to the last byte, queueing included; 0: no limit
    std::chrono::seconds idle_timeout{0};          ///< without a byte received for that long it is given up; 0: off
    std::size_t body_bytes_max = 16U << 20U;       ///< a longer answer is refused (not when streamed)
    bool changes_nothing = false;  ///< for a POST that only asks (access reviews): may be sent again like a GET

    [[nodiscard]] bool is_write() const { return method != Method::Get && !changes_nothing; }
};

/// One answer, whatever its status: accept() turns an unwelcome one into an Error.
struct Response {
    int status = 0;
    std::string body = {};  ///< empty when it was streamed
    std::string content_type = {};
    std::string etag = {};
    std::string retry_after = {};  ///< as sent
    std::string audit_id = {};     ///< Kubernetes' own name for this request
    std::vector<std::string> warnings = {};
};

/// Called once per request, on the channel's thread: the answer, or why there is none.
///   Unavailable       never sent, or a read that failed; safe to ask again
///   UnknownOutcome    a write was handed to the connection and no whole answer came: read back, never resend
///   DeadlineExceeded  a read took too long
///   ResourceExhausted a read's answer was over its bound
///   Unauthenticated   no credential could be had;  InvalidArgument  the request is malformed
using OnDone = std::function<void(Result<Response>)>;

/// Called with each piece of a 2xx body, on the channel's thread, before OnDone. False ends the request.
using OnBytes = std::function<bool(std::string_view)>;

}  // namespace helix::http2_client
