#include "adapters/http2_client/target.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>

namespace helix::http2_client {
namespace {

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

std::string part(const Url& url, CURLUPart what, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), what, &text, flags) != CURLUE_OK) return {};
    std::string copy = text;
    curl_free(text);
    return copy;
}

/// A host that is loopback by its very name; what others resolve to is checked when the socket is opened.
bool loopback_name(std::string_view host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool metadata_name(std::string_view host) {
    return host.starts_with("169.254.") || host.starts_with("[fe80:") || host == "[fd00:ec2::254]" ||
           host == "metadata.google.internal";
}

bool control(char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
}

Error refused(const std::string& why) {
    return error(Code::InvalidArgument, "server URL: " + why, "give an absolute https URL, https://host[:port]");
}

bool allowed_v4(std::uint32_t address, bool plain) {
    if (plain) return (address >> 24U) == 127;
    return (address >> 16U) != 0xA9FE;  // 169.254/16
}

bool allowed_v6(const in6_addr& address, bool plain) {
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        std::uint32_t v4 = 0;
        std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
        return allowed_v4(ntohl(v4), plain);
    }
    if (plain) return IN6_IS_ADDR_LOOPBACK(&address);
    static constexpr unsigned char kMetadata[16] = {0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
    return !IN6_IS_ADDR_LINKLOCAL(&address) && std::memcmp(address.s6_addr, kMetadata, sizeof kMetadata) != 0;
}

}  // namespace

Result<Target> parse_target(endpoint::Endpoint endpoint) {
    const Url url(curl_url());
    if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, endpoint.server_url.c_str(), 0) != CURLUE_OK)
        return refused("it is not an absolute URL");
    const std::string scheme = part(url, CURLUPART_SCHEME);
    const std::string host = part(url, CURLUPART_HOST);
    if (scheme != "https" && !(scheme == "http" && (endpoint.allow_plain || loopback_name(host))))
        return refused("only https is spoken (http towards loopback)");
    if (metadata_name(host)) return refused("link-local and metadata addresses are not connected to");
    if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty() ||
        !part(url, CURLUPART_QUERY).empty() || !part(url, CURLUPART_FRAGMENT).empty())
        return refused("it may not carry a user, a query or a fragment");
    if (!well_formed_header(endpoint.tls_server_name) ||
        endpoint.tls_server_name.find_first_of("/:@?# ") != std::string::npos)
        return error(Code::InvalidArgument, "the TLS server name is not a host name");

    std::string prefix = part(url, CURLUPART_PATH);
    while (prefix.ends_with('/')) prefix.pop_back();
    const std::string port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    Target target;
    target.plain = scheme == "http";
    if (endpoint.tls_server_name.empty()) {
        target.base_url = scheme + "://" + host + ":" + port + prefix;
    } else {
        // libcurl checks the name in the URL, so the URL names it and CONNECT_TO leads to the true host.
        target.base_url = scheme + "://" + endpoint.tls_server_name + ":" + port + prefix;
        target.connect_to = "::" + host + ":" + port;
        target.host_header = host + ":" + port;
    }
    target.endpoint = std::move(endpoint);
    return target;
}

bool well_formed_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    if (std::any_of(path.begin(), path.end(), [](char c) { return control(c) || c == ' ' || c == '#'; })) return false;
    path = path.substr(0, path.find('?'));
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return false;
        path.remove_prefix(segment.size());
    }
    return true;
}

bool well_formed_header(std::string_view value) {
    return std::none_of(value.begin(), value.end(), control);
}

bool address_allowed(const sockaddr& address, bool plain) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return allowed_v4(ntohl(v4.sin_addr.s_addr), plain);
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        return allowed_v6(v6.sin6_addr, plain);
    }
    return false;
}

}  // namespace helix::http2_client
