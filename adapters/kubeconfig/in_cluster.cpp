#include <utility>

#include "adapters/kubeconfig/resolve.hpp"
#include "adapters/kubeconfig/small_file.hpp"

namespace helix::kubeconfig {
namespace {

constexpr std::size_t kSecretBytesMax = 1U << 20U;

Result<std::string> read_token(const std::string& file) {
    auto text = read_small_file(file, kSecretBytesMax);
    if (!text) return error(Code::Unauthenticated, file + ": " + text.error().message, "", file);
    std::string token = trimmed(*text);
    if (token.empty()) return error(Code::Unauthenticated, file + ": holds no token", "", file);
    return token;
}

}  // namespace

std::shared_ptr<endpoint::CredentialSource> token_file_source(std::string file, endpoint::Credential besides,
                                                              const ResolveOptions& options) {
    const auto obtain = [file = std::move(file), besides = std::move(besides), now = options.now,
                         reread_after = options.reread_after](const std::stop_token&) -> Result<Held> {
        auto token = read_token(file);
        if (!token) return std::move(token).error();
        Held held{besides, now() + reread_after};
        held.credential.bearer_token = *std::move(token);
        return held;
    };
    return std::make_shared<CachedCredential>(obtain, options.now);
}

Result<Access> in_cluster(const std::string& folder, const std::string& host, const std::string& port,
                          const ResolveOptions& options) {
    if (host.empty() || port.empty())
        return error(Code::NotFound, "not in a pod: KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set");
    Access access;
    const bool v6 = host.find(':') != std::string::npos;
    access.endpoint.server_url = "https://" + (v6 ? "[" + host + "]" : host) + ":" + port;
    auto ca = read_small_file(folder + "/ca.crt", kSecretBytesMax);
    if (!ca) return error(ca.error().code, folder + "/ca.crt: " + ca.error().message, "", folder + "/ca.crt");
    access.endpoint.ca_pem = *std::move(ca);
    if (auto token = read_small_file(folder + "/token", kSecretBytesMax); !token)
        return error(token.error().code, folder + "/token: " + token.error().message, "", folder + "/token");
    access.credentials = token_file_source(folder + "/token", {}, options);
    access.context = "in-cluster";
    if (auto name = read_small_file(folder + "/namespace", 4096); name) access.default_namespace = trimmed(*name);
    return access;
}

}  // namespace helix::kubeconfig
