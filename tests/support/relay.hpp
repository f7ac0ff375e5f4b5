#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/test_cluster.hpp"

namespace helix::test_support {

/// A real TLS relay (relay/, a Go program) between a client and the API server of a test cluster. It cuts a chosen
/// connection at a chosen moment and counts the connections that the kernel handed to it.
class Relay {
public:
    struct Stats {
        std::vector<std::int64_t> accepted_ms;  ///< when each connection came, refused ones as well
        std::int64_t now_ms = 0;
        int open = 0;
        int cuts = 0;
        std::map<std::string, int> forwarded;  ///< "PATCH /api/v1/..." without the query
    };

    explicit Relay(const TestCluster& cluster, bool http1 = false);

    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] int port() const;

    /// Ends the connection of the next `method` request whose path and query hold `contains`.
    /// @param when  "before", "during", "late", "after" or "half": see relay/relay.go
    /// @param how   "fin" or "rst"
    void cut_next(const std::string& method, const std::string& contains, const std::string& when,
                  const std::string& how) const;

    /// From now on every connection is ended as soon as it is accepted, and the open ones at once.
    void refuse(bool on) const;

    /// Waits for what was forwarded and whose caller was cut off.
    [[nodiscard]] Stats stats() const;

private:
    std::string ask(const std::string& path_and_query) const;

    ChildProcess process_;
    std::string url_;
    std::string control_;
};

/// Writes a copy of the cluster's kubeconfig in which every server is `server_url`; returns its path.
std::string kubeconfig_through(const TestCluster& cluster, const std::string& server_url, const std::string& file);

/// "https://127.0.0.1:PORT" of the cluster's API server.
std::string api_server_url(const TestCluster& cluster);

/// The port at the end of a URL.
int port_of(const std::string& url);

}  // namespace helix::test_support
