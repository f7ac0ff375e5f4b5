#include "service/app/cluster_access.hpp"

#include <cstdlib>

extern char** environ;

namespace helix::app {
namespace {

const char* lookup(const char* name) {
    return std::getenv(name);
}  // NOLINT(concurrency-mt-unsafe): before any thread

}  // namespace

std::string variable(const char* name) {
    const char* value = lookup(name);
    return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> kubeconfig_paths(const std::vector<std::string>& named) {
    return named.empty() ? kubeconfig::default_kubeconfig_paths(lookup) : named;
}

kubeconfig::ResolveOptions resolve_options(bool allow_exec) {
    kubeconfig::ResolveOptions options;
    options.allow_exec = allow_exec;
    if (allow_exec)
        for (char** entry = environ; *entry != nullptr; ++entry) options.exec_environment.emplace_back(*entry);
    return options;
}

}  // namespace helix::app
