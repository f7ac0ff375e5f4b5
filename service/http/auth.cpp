#include "service/http/auth.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace helix::http {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames = {"read", "propose", "act"};

std::optional<Role> parse_role(std::string_view text) {
    const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), text);
    if (found == kRoleNames.end()) return std::nullopt;
    return static_cast<Role>(found - kRoleNames.begin());
}

/// Compares without telling by its duration where the difference is.
bool equal(const ledger::Digest& a, const ledger::Digest& b) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

/// Whether `header` begins with `scheme` (lower case), in any case of letters (RFC 9110, 11.1).
bool is_scheme(std::string_view header, std::string_view scheme) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return header.size() >= scheme.size() &&
           std::equal(scheme.begin(), scheme.end(), header.begin(), [&](char a, char b) { return a == lower(b); });
}

/// A page of another site that resolves its own name to this machine is a browser's caller too: without tokens only
/// requests that were meant for this machine by name are served.
bool meant_for_loopback(const httplib::Request& request) {
    std::string host = request.get_header_value("Host");
    if (host.empty()) return true;
    if (host.front() == '[') {
        host.erase(std::min(host.find(']') + 1, host.size()));
    } else {
        host.erase(std::min(host.find(':'), host.size()));
    }
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

Result<Authorizer> Authorizer::parse(std::string_view text, std::string_view source, ledger::Sha256 sha256) {
    Authorizer authorizer;
    authorizer.sha256_ = sha256;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
            line.remove_suffix(1);
        if (line.empty()) continue;
        const auto first = line.find(':');
        const auto last = line.rfind(':');
        Entry entry{};
        const auto role = first < last ? parse_role(line.substr(first + 1, last - first - 1)) : std::nullopt;
        if (first == 0 || !role || !ledger::from_hex(line.substr(last + 1), entry.hash))
            return error(Code::InvalidArgument, "not a token line",
                         "write name:role:sha256, the role read, propose or act",
                         std::string(source) + ":" + std::to_string(number));
        entry.name = line.substr(0, first);
        entry.role = *role;
        authorizer.entries_.push_back(std::move(entry));
    }
    if (authorizer.entries_.empty())
        return error(Code::InvalidArgument, "no token in the file", "write one line name:role:sha256 per token",
                     std::string(source));
    return authorizer;
}

Result<Caller> Authorizer::authorize(const httplib::Request& request, Role needed) const {
    if (open()) {
        if (meant_for_loopback(request)) return Caller{"local", Role::Act};
        return error(Code::PermissionDenied, "this service has no tokens and answers only to localhost",
                     "address it as localhost or 127.0.0.1, or give it a tokens file", "Host");
    }
    constexpr std::string_view kBearer = "bearer ";
    const std::string header = request.get_header_value("Authorization");
    if (!is_scheme(header, kBearer))
        return error(Code::Unauthenticated, "no bearer token", "send Authorization: Bearer TOKEN", "Authorization");
    const ledger::Digest hash = sha256_(std::string_view(header).substr(kBearer.size()));
    const Entry* found = nullptr;
    for (const Entry& entry : entries_)
        if (equal(entry.hash, hash)) found = &entry;
    if (found == nullptr)
        return error(Code::Unauthenticated, "the bearer token is not known", "ask whoever runs the service for one",
                     "Authorization");
    if (found->role < needed)
        return error(Code::PermissionDenied,
                     "the token of " + found->name + " may " +
                         std::string(kRoleNames[static_cast<std::size_t>(found->role)]) + ", this needs " +
                         std::string(kRoleNames[static_cast<std::size_t>(needed)]),
                     "use a token of that role", "Authorization");
    return Caller{found->name, found->role};
}

}  // namespace helix::http
