#pragma once

#include <string>

namespace helix::endpoint {

/// One server and how to know that it is the right one. Holds no secret: those come from a CredentialSource.
struct Endpoint {
    std::string server_url;            ///< "https://host[:port][/prefix]"; http only towards loopback (see allow_plain)
    std::string ca_pem = {};           ///< certificates to trust, and no others; empty: the system's
    std::string tls_server_name = {};  ///< name sent and checked in TLS instead of the URL's host; empty: the host
    bool insecure = false;             ///< true: the server's certificate is not checked at all
    bool allow_plain = false;          ///< true: http may go to any host, in clear
};

}  // namespace helix::endpoint
