#pragma once

#include <cstdint>
#include <optional>

#include <httplib.h>

#include "domain/core/result.hpp"
#include "service/http/engine/stream_hub.hpp"
#include "service/http/engine/stream_request.hpp"

namespace helix::http_engine {

/// The Last-Event-ID of `request`: the header a browser sends when it reconnects, or `last_event_id` in the query.
/// Errors: InvalidArgument when it is given and not a number.
Result<std::optional<std::uint64_t>> last_event_id_of(const httplib::Request& request);

/// Within a handler: answers 200 text/event-stream and hands the connection to `hub`; the worker is free again.
/// Errors: as StreamHub::subscribe(), PreconditionFailed outside a handler of Server; then `response` is untouched.
Result<void> start_stream(StreamHub& hub, httplib::Response& response, StreamRequest request);

}  // namespace helix::http_engine
