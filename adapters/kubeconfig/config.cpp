#include "adapters/kubeconfig/config.hpp"

#include <filesystem>
#include <sstream>

#include "adapters/kubeconfig/safe_yaml.hpp"
#include "adapters/kubeconfig/small_file.hpp"

namespace helix::kubeconfig {
namespace {

std::string beside(const std::string& file, const std::string& path) {
    if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
    return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

/// Reads one document; the first thing wrong ends up in `wrong_`.
class Reader {
public:
    Reader(const YAML::Node& document, std::string file)
        : file_(std::move(file)), root_(document, Place{file_, 0, ""}, wrong_) {}

    Result<Kubeconfig> read() {
        if (const std::string kind = root_.text("kind"); !kind.empty() && kind != "Config")
            refuse(root_.place("kind"), "must be Config");
        Kubeconfig config;
        config.current_context = root_.text("current-context");
        each("clusters", "cluster",
             [&](const std::string& name, const Fields& f) { config.clusters.emplace(name, cluster(f)); });
        each("users", "user", [&](const std::string& name, const Fields& f) { config.users.emplace(name, user(f)); });
        each("contexts", "context", [&](const std::string& name, const Fields& f) {
            config.contexts.emplace(name, Context{f.place(), f.text("cluster"), f.text("user"), f.text("namespace")});
        });
        if (wrong_) return *wrong_;
        return config;
    }

private:
    void refuse(const Place& place, const std::string& what, Code code = Code::InvalidArgument) {
        if (!wrong_) wrong_ = wrong(place, what, code);
    }

    template <class Take>
    void each(const char* list, const char* body, const Take& take) {
        const YAML::Node items = root_.sequence(list);
        for (std::size_t n = 0; n < items.size(); ++n) {
            const Fields item = root_.item(items, list, n);
            const std::string name = item.text("name");
            if (name.empty()) refuse(item.place("name"), "must be given");
            take(name, item.map(body));
        }
    }

    Material material(const Fields& f, const char* file_field, const char* data_field) {
        Material material{beside(file_, f.text(file_field)), f.text(data_field), {}};
        material.place = f.place(material.data.empty() ? file_field : data_field);
        return material;
    }

    Cluster cluster(const Fields& f) {
        if (f.has("proxy-url"))
            refuse(f.place("proxy-url"), "proxies are not supported; connect directly", Code::Unimplemented);
        Cluster cluster{f.place(), f.text("server"), material(f, "certificate-authority", "certificate-authority-data"),
                        f.text("tls-server-name"), f.flag("insecure-skip-tls-verify")};
        if (cluster.insecure && !cluster.ca.empty())
            refuse(f.place("insecure-skip-tls-verify"), "contradicts the certificate authority beside it");
        return cluster;
    }

    User user(const Fields& f) {
        for (const char* field : {"username", "password", "auth-provider"})
            if (f.has(field)) refuse(f.place(field), "no current Kubernetes supports it", Code::Unimplemented);
        for (const char* field : {"as", "as-uid", "as-groups", "as-user-extra"})
            if (f.has(field)) refuse(f.place(field), "impersonation is not supported", Code::Unimplemented);
        User user{f.place(),
                  material(f, "client-certificate", "client-certificate-data"),
                  material(f, "client-key", "client-key-data"),
                  f.text("token"),
                  beside(file_, f.text("tokenFile")),
                  std::nullopt};
        if (user.client_cert.empty() != user.client_key.empty())
            refuse(f.place(), "a client certificate and a client key belong together");
        if (f.has("exec")) user.exec = exec(f.map("exec"));
        return user;
    }

    ExecPlugin exec(const Fields& f) {
        ExecPlugin plugin;
        plugin.place = f.place();
        plugin.api_version = f.text("apiVersion");
        if (plugin.api_version != "client.authentication.k8s.io/v1" &&
            plugin.api_version != "client.authentication.k8s.io/v1beta1")
            refuse(f.place("apiVersion"), "must be client.authentication.k8s.io/v1 or v1beta1");
        plugin.command = f.text("command");
        if (plugin.command.empty()) refuse(f.place("command"), "must be given");
        if (plugin.command.find('/') != std::string::npos) plugin.command = beside(file_, plugin.command);
        const std::string mode = f.text("interactiveMode");
        if (mode == "Always") refuse(f.place("interactiveMode"), "a service has no terminal", Code::Unimplemented);
        if (!mode.empty() && mode != "Always" && mode != "Never" && mode != "IfAvailable")
            refuse(f.place("interactiveMode"), "must be Never, IfAvailable or Always");
        plugin.provide_cluster_info = f.flag("provideClusterInfo");
        const YAML::Node arguments = f.sequence("args");
        for (const YAML::Node& argument : arguments) {
            if (!argument.IsScalar())
                refuse(f.place("args"), "must be a list of texts");
            else
                plugin.arguments.push_back(argument.Scalar());
        }
        const YAML::Node environment = f.sequence("env");
        for (std::size_t n = 0; n < environment.size(); ++n) {
            const Fields pair = f.item(environment, "env", n);
            plugin.environment.emplace_back(pair.text("name"), pair.text("value"));
            if (plugin.environment.back().first.empty() ||
                plugin.environment.back().first.find('=') != std::string::npos)
                refuse(pair.place("name"), "must be the name of a variable");
        }
        return plugin;
    }

    std::string file_;
    std::optional<Error> wrong_;
    Fields root_;
};

}  // namespace

Result<Kubeconfig> parse(const std::string& text, const std::string& file) {
    auto document = parse_yaml(text, file);
    if (!document) return std::move(document).error();
    try {
        return Reader(*document, file).read();
    } catch (const YAML::Exception& bad) {
        return wrong(Place{file, bad.mark.line + 1, ""}, "not a kubeconfig");
    }
}

Result<Kubeconfig> load(const std::vector<std::string>& paths) {
    Kubeconfig merged;
    bool found = false;
    for (const std::string& path : paths) {
        auto text = read_small_file(path, kYamlBytesMax);
        if (!text && text.error().code == Code::NotFound) continue;
        if (!text) return wrong(Place{path, 0, ""}, text.error().message, text.error().code);
        auto config = parse(*text, path);
        if (!config) return config;
        found = true;
        if (merged.current_context.empty()) merged.current_context = config->current_context;
        merged.contexts.merge(config->contexts);  // merge() keeps what is there: the first wins
        merged.clusters.merge(config->clusters);
        merged.users.merge(config->users);
    }
    if (found) return merged;
    std::string all;
    for (const std::string& path : paths) all += (all.empty() ? "" : ", ") + path;
    return error(Code::NotFound, "no kubeconfig found" + (all.empty() ? "" : " at " + all),
                 "set KUBECONFIG, or write ~/.kube/config");
}

std::vector<std::string> default_kubeconfig_paths(const std::function<const char*(const char*)>& lookup) {
    std::vector<std::string> paths;
    if (const char* list = lookup("KUBECONFIG"); list != nullptr) {
        std::istringstream stream(list);
        for (std::string path; std::getline(stream, path, ':');)
            if (!path.empty()) paths.push_back(path);
    }
    if (!paths.empty()) return paths;
    if (const char* home = lookup("HOME"); home != nullptr && *home != '\0')
        paths.push_back(std::string(home) + "/.kube/config");
    return paths;
}

}  // namespace helix::kubeconfig
