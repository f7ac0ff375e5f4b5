#pragma once

#include <string>
#include <string_view>

#include "adapters/endpoint/endpoint.hpp"
#include "domain/core/result.hpp"

struct sockaddr;

namespace helix::http2_client {

/// An endpoint, checked and taken apart once for all requests that go there.
struct Target {
    std::string base_url;     ///< scheme, TLS name, port and prefix, without a trailing slash
    std::string host_header;  ///< set when the TLS name is not the host: the host (and port) that the URL named
    std::string connect_to;   ///< set with it: libcurl's "::host:port", where to connect in truth
    bool plain = false;       ///< http; only towards loopback
    endpoint::Endpoint endpoint;
};

/// Errors: InvalidArgument for anything but an absolute https URL without user, query or fragment (http towards
/// loopback is allowed too), and for a link-local host: cloud metadata services live there.
Result<Target> parse_target(endpoint::Endpoint endpoint);

/// Whether `path` can go onto a request line: from "/", no space or control character, no "." or ".." segment.
bool well_formed_path(std::string_view path);

/// Whether `value` can be a header value: no control character.
bool well_formed_header(std::string_view value);

/// Whether a resolved address may be connected to: never link-local, only loopback for plain http.
bool address_allowed(const sockaddr& address, bool plain);

}  // namespace helix::http2_client
