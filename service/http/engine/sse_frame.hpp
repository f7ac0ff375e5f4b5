#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace helix::http_engine {

/// `text` fit to be an SSE event type: letters, digits and "._-/:" stay, every other byte becomes '_'; never empty.
std::string sse_type(std::string_view text);

/// "event:" and "data:" lines and the empty line that ends the event. Line ends in `data` (LF, CRLF, CR) begin a new
/// data: line, which the reader joins by LF again; NUL becomes U+FFFD. So no text can end or forge an event.
std::string sse_body(std::string_view type, std::string_view data);

/// A whole event with its id.
std::string sse_event(std::uint64_t id, std::string_view type, std::string_view data);

/// A comment, which readers ignore; control characters in `text` become spaces.
std::string sse_comment(std::string_view text);

}  // namespace helix::http_engine
