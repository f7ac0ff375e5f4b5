#pragma once

#include <string>
#include <string_view>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::http {

/// The event that a request in CloudEvents' binary mode carries, in structured form: attributes from the `ce-` headers,
/// data from the body. JSON becomes `data`, UTF-8 of a text/ type a string in `data`, everything else `data_base64`.
///
/// Errors: InvalidArgument naming the header (given twice, reserved, not UTF-8) or the place in the JSON;
/// Unimplemented for multipart bodies.
Result<nlohmann::json> binary_event(const httplib::Request& request);

/// A header's value as the HTTP binding says (section 3.1.3.2): quotes taken off, then percent-decoded once. A per cent
/// sign that begins no escape stays as it is, as senders of former versions write it.
std::string decode_header(std::string_view value);

std::string to_base64(std::string_view bytes);

/// Whether `text` is standard base64, padded.
bool is_base64(std::string_view text);

}  // namespace helix::http
