#pragma once

#include <string>
#include <string_view>

namespace helix::http_engine {

/// Why the engine answers itself, before any handler.
enum class Refusal {
    BadRequest,          ///< 400: malformed, or two readings are possible (request smuggling)
    HeadTooLarge,        ///< 431
    TargetTooLong,       ///< 414
    BodyTooLarge,        ///< 413
    UnsupportedBody,     ///< 415: compressed or multipart bodies, whose unpacked size httplib would not bound
    UnknownExpectation,  ///< 417
    TimedOut,            ///< 408
    Overloaded,          ///< 503: worker queue or buffers full
    TooManyConnections,  ///< 503
    kCount
};

/// The status line's number for `refusal`.
int status_of(Refusal refusal);
/// A short stable name for metrics ("head-too-large").
std::string_view to_string(Refusal refusal);

/// The whole answer that the engine gives by itself: problem+json, Connection: close.
std::string refusal_response(Refusal refusal);

}  // namespace helix::http_engine
