#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <libssh/libssh.h>

#include "domain/core/result.hpp"

namespace helix::ssh {

/// Whom to reach. What is empty is as the configuration of OpenSSH's client says (Host, HostName, Port, User,
/// IdentityFile, ProxyJump, UserKnownHostsFile).
struct Address {
    std::string host;              ///< a host's name, or a Host of the configuration
    std::string config_file = {};  ///< empty: ~/.ssh/config, then /etc/ssh/ssh_config
    std::string user = {};
    int port = 0;
    std::string identity_file = {};
    std::string known_hosts = {};
};

/// The host showed a key that is not the one we know it by, so nothing was sent to it.
struct HostKeyRefusal {
    std::string host;         ///< as it was asked for
    std::string fingerprint;  ///< "SHA256:..." of the key that it showed
    std::string why;          ///< "unknown", "changed", "of another type", "known_hosts cannot be read"

    friend bool operator==(const HostKeyRefusal&, const HostKeyRefusal&) = default;
};

struct SessionEnd {
    void operator()(ssh_session session) const;
};
using Session = std::unique_ptr<ssh_session_struct, SessionEnd>;

/// Waits a little for the session's socket (`events` as poll's; fd -1: none yet); false: give up.
using Wait = std::function<bool(int fd, short events)>;

/// Connects, checks the host's key against known_hosts and nothing else, and logs in by public key (an agent's or a
/// file's; never a password). `refusal` is set when the key was the reason.
/// Errors: InvalidArgument (the configuration), PermissionDenied (host key, or no key of ours is taken), Unavailable.
Result<Session> connect(const Address& address, const Wait& wait, std::optional<HostKeyRefusal>& refusal);

/// Which of poll's events the session waits for.
short wanted_events(ssh_session session);

}  // namespace helix::ssh
