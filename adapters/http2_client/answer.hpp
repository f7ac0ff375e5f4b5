#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http2_client/message.hpp"

namespace helix::http2_client {

/// Seconds to wait that a Retry-After value names, as a count or as an HTTP date after `now`; rounded up to at
/// least 0, at most an hour. Nothing when it is neither.
std::optional<int> parse_retry_after(std::string_view value, std::time_t now);

/// The one place where an HTTP status becomes our Code. A Kubernetes Status body gives the message and the reason.
///
///   400 406 415 422 InvalidArgument      401 Unauthenticated       403 PermissionDenied    404 NotFound
///   409 AlreadyExists or Conflict        410 412 PreconditionFailed (410: list anew)       405 501 3xx Unimplemented
///   413 ResourceExhausted                429 ResourceExhausted, or PreconditionFailed when a disruption budget says no
///   5xx Unavailable; for a write UnknownOutcome, unless it is a 503 that Kubernetes itself wrote: the others may be
///   a proxy's or a time-out's, sent after the change was made
Error to_error(const Response& response, bool is_write, std::time_t now);

/// `response` when its status is 2xx, else its error.
Result<Response> accept(Response response, bool is_write);

}  // namespace helix::http2_client
