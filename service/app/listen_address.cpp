#include "service/app/listen_address.hpp"

#include <charconv>

namespace helix::app {

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const Error refused =
        error(Code::InvalidArgument, "listen address \"" + std::string(text.substr(0, 80)) + "\" is not host:port",
              "write it like 127.0.0.1:8765 or [::1]:8765", "listen");
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return refused;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.front() == '[') {
        if (host.back() != ']') return refused;
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return refused;
    }
    int port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc{} || end != digits.data() + digits.size() || port < 0 || port > 65'535) return refused;
    return ListenAddress{std::string(host), port};
}

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    return host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace helix::app
