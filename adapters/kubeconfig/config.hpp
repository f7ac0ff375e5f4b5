#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/kubeconfig/fields.hpp"
#include "domain/core/result.hpp"

namespace helix::kubeconfig {

/// A file, or base64 data that wins over it; empty: neither.
struct Material {
    std::string file;  ///< absolute, or relative to the working directory
    std::string data;
    Place place;  ///< of the data when there is any, else of the file

    [[nodiscard]] bool empty() const { return file.empty() && data.empty(); }
};

struct Cluster {
    Place place;
    std::string server;
    Material ca;
    std::string tls_server_name;
    bool insecure = false;
};

/// A program that prints a credential (client.authentication.k8s.io).
struct ExecPlugin {
    Place place;
    std::string api_version;
    std::string command;  ///< with a slash: a path, made relative to the config file's folder; else looked up in PATH
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;
    bool provide_cluster_info = false;
};

struct User {
    Place place;
    Material client_cert;
    Material client_key;
    std::string token;
    std::string token_file;
    std::optional<ExecPlugin> exec;
};

struct Context {
    Place place;
    std::string cluster;
    std::string user;
    std::string default_namespace;
};

/// One or several kubeconfig files merged as kubectl merges them: the first to name a thing wins. Holds secrets.
struct Kubeconfig {
    std::string current_context;
    std::map<std::string, Context> contexts;
    std::map<std::string, Cluster> clusters;
    std::map<std::string, User> users;
};

/// One file's text; `file` names it in errors, and its folder is what relative paths are relative to.
/// Errors: InvalidArgument with file, line and field; Unimplemented for what no current Kubernetes supports
/// (username and password, auth-provider) and for proxy-url and impersonation.
Result<Kubeconfig> parse(const std::string& text, const std::string& file);

/// The files at `paths` merged in order; missing ones are passed over. Errors: as parse, NotFound when all miss.
Result<Kubeconfig> load(const std::vector<std::string>& paths);

/// What `KUBECONFIG` names (colon-separated), else "$HOME/.kube/config"; empty without either. `lookup` reads one
/// environment variable (nullptr: unset), std::getenv say.
std::vector<std::string> default_kubeconfig_paths(const std::function<const char*(const char*)>& lookup);

}  // namespace helix::kubeconfig
