#pragma once

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "adapters/http2_client/channel.hpp"
#include "tests/support/test_cluster.hpp"

namespace helix::crds_test {

/// What the API server answered.
struct Answer {
    int status = 0;
    nlohmann::json body;

    /// The message of a Status, else empty.
    [[nodiscard]] std::string message() const { return body.is_object() ? body.value("message", "") : ""; }
};

/// The API server of a test cluster, asked directly as its administrator.
class Api {
public:
    /// Throws std::runtime_error when the kubeconfig leads nowhere.
    explicit Api(const test_support::TestCluster& cluster);

    Answer get(const std::string& path);
    Answer post(const std::string& path, const nlohmann::json& body);
    Answer put(const std::string& path, const nlohmann::json& body);
    Answer merge(const std::string& path, const nlohmann::json& patch);
    /// Server-side apply by a field manager of the test's own.
    Answer apply(const std::string& path, const nlohmann::json& object);

private:
    Answer send(http2_client::Method method, const std::string& path, std::string content_type,
                const nlohmann::json& body);

    std::unique_ptr<http2_client::Channel> channel_;
};

/// The one YAML document in `path`. Throws std::runtime_error when it cannot be read.
nlohmann::json yaml_file(const std::string& path);

}  // namespace helix::crds_test
