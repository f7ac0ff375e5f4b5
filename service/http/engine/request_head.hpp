#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "service/http/engine/refusal.hpp"

namespace helix::http_engine {

/// Bounds of a request's head.
struct HeadLimits {
    std::size_t bytes_max = 16 * 1024;  ///< request line, fields and the empty line together
    std::size_t fields_max = 100;
    std::size_t target_bytes_max = 8000;  ///< httplib's own bound is 8192 for the whole request line
};

/// What the event loop must know of a request, and the head as httplib shall see it.
struct RequestHead {
    /// Request line and fields, each with CRLF, without the empty line and without the fields that frame the message
    /// or that httplib reads wrongly: Content-Length, Transfer-Encoding, Expect, Connection, Range, REMOTE_ADDR and its
    /// like; '%' in values is doubly encoded because httplib percent-decodes field values.
    std::string canonical;
    std::size_t bytes = 0;  ///< length of the head as received, with the empty line
    std::uint64_t content_length = 0;
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool is_head = false;  ///< the method is HEAD: the answer has no body
};

/// Finds the end of a head in bytes that arrive piecemeal, whatever the pieces.
///
/// Pure: no input or output of its own. A scanner is used for one head; make a new one for the next.
class HeadScanner {
public:
    explicit HeadScanner(HeadLimits limits = {}) : limits_(limits) {}

    struct NeedMore {};
    using Outcome = std::variant<NeedMore, RequestHead, Refusal>;

    /// `received` is everything received since the head began; bytes seen by an earlier call are not looked at again
    /// until the head is complete.
    Outcome scan(std::string_view received);

private:
    HeadLimits limits_;
    std::size_t scanned_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;
    std::size_t head_start_ = 0;  ///< empty lines before the request line are skipped
};

/// Reads a complete head (from the method up to and including the empty line).
std::variant<RequestHead, Refusal> parse_head(std::string_view head, const HeadLimits& limits);

}  // namespace helix::http_engine
