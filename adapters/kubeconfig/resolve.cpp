#include "adapters/kubeconfig/resolve.hpp"

#include <utility>

#include "adapters/kubeconfig/exec_plugin.hpp"
#include "adapters/kubeconfig/small_file.hpp"

namespace helix::kubeconfig {
namespace {

constexpr std::size_t kPemBytesMax = 1U << 20U;

Result<std::string> read(const Material& material) {
    if (material.empty()) return std::string();
    auto bytes = material.data.empty() ? read_small_file(material.file, kPemBytesMax) : decode_base64(material.data);
    if (!bytes) {
        const std::string file = material.data.empty() ? in_quotes(material.file) + ": " : "";
        return wrong(material.place, file + bytes.error().message);
    }
    if (bytes->find("-----BEGIN ") == std::string::npos) return wrong(material.place, "is not PEM");
    return bytes;
}

Result<endpoint::Endpoint> endpoint_of(const Cluster& cluster) {
    if (cluster.server.empty()) return wrong(cluster.place, "server must be given");
    auto ca = read(cluster.ca);
    if (!ca) return std::move(ca).error();
    return endpoint::Endpoint{cluster.server, *std::move(ca), cluster.tls_server_name, cluster.insecure};
}

Result<endpoint::Credential> certificate_of(const User& user) {
    auto cert = read(user.client_cert);
    if (!cert) return std::move(cert).error();
    auto key = read(user.client_key);
    if (!key) return std::move(key).error();
    return endpoint::Credential{user.token, *std::move(cert), *std::move(key)};
}

bool on_disk(const Material& material) {
    return material.data.empty() && !material.file.empty();
}

Result<std::shared_ptr<endpoint::CredentialSource>> exec_source(const ExecPlugin& plugin,
                                                                const endpoint::Endpoint& endpoint,
                                                                const ResolveOptions& options) {
    if (!options.allow_exec)
        return wrong(plugin.place, "credential programs are not allowed", Code::PermissionDenied,
                     "allow exec plugins for this target, or give its user a token or a client certificate");
    const auto obtain = [plugin, endpoint, environment = options.exec_environment,
                         timeout = options.exec_timeout](const std::stop_token& stop) {
        return run_exec_plugin(plugin, endpoint, environment, timeout, stop);
    };
    return std::shared_ptr<endpoint::CredentialSource>(std::make_shared<CachedCredential>(obtain, options.now));
}

Result<std::shared_ptr<endpoint::CredentialSource>> source_of(const User& user, const endpoint::Endpoint& endpoint,
                                                              const ResolveOptions& options) {
    if (user.exec) return exec_source(*user.exec, endpoint, options);
    auto credential = certificate_of(user);
    if (!credential) return std::move(credential).error();
    if (!user.token_file.empty()) return token_file_source(user.token_file, *std::move(credential), options);
    if (!on_disk(user.client_cert) && !on_disk(user.client_key))
        return std::shared_ptr<endpoint::CredentialSource>(
            std::make_shared<endpoint::ConstantCredential>(*std::move(credential)));
    const auto obtain = [user, now = options.now,
                         reread_after = options.reread_after](const std::stop_token&) -> Result<Held> {
        auto again = certificate_of(user);
        if (!again) return error(Code::Unauthenticated, again.error().message, "", again.error().where);
        return Held{*std::move(again), now() + reread_after};
    };
    return std::shared_ptr<endpoint::CredentialSource>(std::make_shared<CachedCredential>(obtain, options.now));
}

}  // namespace

Result<Access> resolve(const Kubeconfig& config, const std::string& context, const ResolveOptions& options) {
    const std::string& name = context.empty() ? config.current_context : context;
    if (name.empty()) return error(Code::NotFound, "no context named and no current-context set");
    const auto found = config.contexts.find(name);
    if (found == config.contexts.end()) return error(Code::NotFound, "no context named " + in_quotes(name));
    const Context& chosen = found->second;
    const auto part = [&](const char* field) {
        return Place{chosen.place.file, chosen.place.line, chosen.place.field + "." + field};
    };
    const auto cluster = config.clusters.find(chosen.cluster);
    if (cluster == config.clusters.end())
        return wrong(part("cluster"), "no cluster named " + in_quotes(chosen.cluster));
    auto endpoint = endpoint_of(cluster->second);
    if (!endpoint) return std::move(endpoint).error();
    const auto user = config.users.find(chosen.user);
    if (user == config.users.end() && !chosen.user.empty())
        return wrong(part("user"), "no user named " + in_quotes(chosen.user));
    auto source = source_of(user == config.users.end() ? User{} : user->second, *endpoint, options);
    if (!source) return std::move(source).error();
    return Access{*std::move(endpoint), *std::move(source), name, chosen.default_namespace};
}

}  // namespace helix::kubeconfig
