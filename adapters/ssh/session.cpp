#include "adapters/ssh/session.hpp"

#include <poll.h>

namespace helix::ssh {
namespace {

std::string text_of(ssh_session session) {
    return ssh_get_error(session);
}

Error malformed(const Address& address, ssh_session session) {
    return error(Code::InvalidArgument, "ssh configuration of " + address.host + ": " + text_of(session),
                 "see that ssh " + address.host + " works for the user who runs the service", address.host);
}

/// libssh has made `ssh … -W` of a ProxyJump; that ssh shall read the same configuration, ask nobody anything, know the
/// host it jumps over, and end when that one is silent.
bool jump_by(ssh_session session, const std::string& config_file) {
    char* made = nullptr;
    if (ssh_options_get(session, SSH_OPTIONS_PROXYCOMMAND, &made) != SSH_OK || made == nullptr) return true;  // none
    std::string command = made;
    ssh_string_free_char(made);
    const bool jump = command.starts_with("ssh ") && command.find(" -W '[%h]:%p' ") != std::string::npos;
    if (!jump) return true;
    std::string quoted;
    for (const char c : config_file) quoted += c == '\'' ? "'\\''" : c == '%' ? "%%" : std::string(1, c);
    command.replace(0, 4,
                    "ssh " + (quoted.empty() ? "" : "-F '" + quoted + "' ") +
                        "-o BatchMode=yes -o StrictHostKeyChecking=yes -o ServerAliveInterval=15 -o "
                        "ServerAliveCountMax=2 ");
    return ssh_options_set(session, SSH_OPTIONS_PROXYCOMMAND, command.c_str()) == SSH_OK;
}

/// The configuration first, then what the address names itself: what is set last holds.
Result<void> configure(ssh_session session, const Address& address) {
    const bool on = true;
    const bool off = false;
    const int strict = 1;
    const int nodelay = 1;
    const long timeout_s = 10;
    bool good = ssh_options_set(session, SSH_OPTIONS_HOST, address.host.c_str()) == SSH_OK;
    good = good && ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &on) == SSH_OK;
    good = good && ssh_options_parse_config(
                       session, address.config_file.empty() ? nullptr : address.config_file.c_str()) == SSH_OK;
    good = good && ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off) == SSH_OK;  // not once more
    good = good && jump_by(session, address.config_file);
    if (!address.user.empty())
        good = good && ssh_options_set(session, SSH_OPTIONS_USER, address.user.c_str()) == SSH_OK;
    if (address.port > 0) good = good && ssh_options_set(session, SSH_OPTIONS_PORT, &address.port) == SSH_OK;
    if (!address.identity_file.empty())
        good = good && ssh_options_set(session, SSH_OPTIONS_IDENTITY, address.identity_file.c_str()) == SSH_OK;
    if (!address.known_hosts.empty()) {
        good = good && ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, address.known_hosts.c_str()) == SSH_OK;
        good = good && ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == SSH_OK;
    }
    // Whatever the configuration says.
    good = good && ssh_options_set(session, SSH_OPTIONS_STRICTHOSTKEYCHECK, &strict) == SSH_OK;
    good = good && ssh_options_set(session, SSH_OPTIONS_NODELAY, &nodelay) == SSH_OK;
    good = good && ssh_options_set(session, SSH_OPTIONS_TIMEOUT, &timeout_s) == SSH_OK;
    if (!good) return malformed(address, session);
    return {};
}

std::string fingerprint_of(ssh_session session) {
    ssh_key key = nullptr;
    if (ssh_get_server_publickey(session, &key) != SSH_OK) return "(no key)";
    unsigned char* hash = nullptr;
    std::size_t length = 0;
    std::string text = "(no fingerprint)";
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == SSH_OK) {
        char* printed = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
        if (printed != nullptr) text = printed;
        ssh_string_free_char(printed);
        ssh_clean_pubkey_hash(&hash);
    }
    ssh_key_free(key);
    return text;
}

const char* refused_because(ssh_known_hosts_e known) {
    switch (known) {
        case SSH_KNOWN_HOSTS_OK:
            return nullptr;
        case SSH_KNOWN_HOSTS_CHANGED:
            return "changed";
        case SSH_KNOWN_HOSTS_OTHER:
            return "of another type";
        case SSH_KNOWN_HOSTS_UNKNOWN:
        case SSH_KNOWN_HOSTS_NOT_FOUND:
            return "unknown";
        case SSH_KNOWN_HOSTS_ERROR:
            break;
    }
    return "known_hosts cannot be read";
}

Result<void> check_host_key(ssh_session session, const Address& address, std::optional<HostKeyRefusal>& refusal) {
    const char* why = refused_because(ssh_session_is_known_server(session));
    if (why == nullptr) return {};
    refusal = HostKeyRefusal{address.host, fingerprint_of(session), why};
    return error(
        Code::PermissionDenied,
        address.host + " shows the host key " + refusal->fingerprint + ": " + refusal->why + "; nothing was sent to it",
        "compare it with ssh-keygen -lf on the host itself; only if it is the host's, put it into known_hosts",
        address.host);
}

/// Repeats `step` while it says `again`.
template <class Step>
Result<int> drive(ssh_session session, const Wait& wait, int again, Step step) {
    int rc = step();
    while (rc == again) {
        if (!wait(ssh_get_fd(session), wanted_events(session)))
            return error(Code::Unavailable, "no connection within the time for it", "is the host up?");
        rc = step();
    }
    return rc;
}

}  // namespace

void SessionEnd::operator()(ssh_session session) const {
    ssh_disconnect(session);
    ssh_free(session);
}

short wanted_events(ssh_session session) {
    const bool writes = (ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0;
    return static_cast<short>(POLLIN | (writes ? POLLOUT : 0));
}

Result<Session> connect(const Address& address, const Wait& wait, std::optional<HostKeyRefusal>& refusal) {
    refusal.reset();
    Session session(ssh_new());
    if (!session) return error(Code::Internal, "libssh gave no session");
    if (auto configured = configure(session.get(), address); !configured) return configured.error();
    ssh_set_blocking(session.get(), 0);
    const auto connected = drive(session.get(), wait, SSH_AGAIN, [&] { return ssh_connect(session.get()); });
    if (!connected) return connected.error();
    if (*connected != SSH_OK)
        return error(Code::Unavailable, address.host + ": " + text_of(session.get()), "is the host up, and sshd?",
                     address.host);
    if (auto known = check_host_key(session.get(), address, refusal); !known) return known.error();
    const auto logged_in = drive(session.get(), wait, SSH_AUTH_AGAIN,
                                 [&] { return ssh_userauth_publickey_auto(session.get(), nullptr, nullptr); });
    if (!logged_in) return logged_in.error();
    if (*logged_in != SSH_AUTH_SUCCESS)
        return error(Code::PermissionDenied, address.host + " takes no key of ours: " + text_of(session.get()),
                     "put the service's public key into authorized_keys there, or name IdentityFile", address.host);
    return session;
}

}  // namespace helix::ssh
