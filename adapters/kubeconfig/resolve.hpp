#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/endpoint/credential_source.hpp"
#include "adapters/endpoint/endpoint.hpp"
#include "adapters/kubeconfig/cached_credential.hpp"
#include "adapters/kubeconfig/config.hpp"

namespace helix::kubeconfig {

struct ResolveOptions {
    std::chrono::milliseconds reread_after{60'000};  ///< a file that may be replaced is read again after that long
    bool allow_exec = false;                         ///< whether credential programs that a kubeconfig names may be run
    std::chrono::milliseconds exec_timeout{30'000};
    std::vector<std::string> exec_environment = {};  ///< "NAME=value" handed to them; PATH in it finds bare names
    std::function<WallClock::time_point()> now = [] { return WallClock::now(); };
};

/// Where a context leads and how to prove who we are there.
struct Access {
    endpoint::Endpoint endpoint;
    std::shared_ptr<endpoint::CredentialSource> credentials;
    std::string context;
    std::string default_namespace;
};

/// Follows `context` (empty: the current one). Reads the files it names; runs nothing yet.
/// Errors: NotFound for an unknown context, InvalidArgument with file, line and field for what is missing or
/// malformed, PermissionDenied for a credential program that is not allowed.
Result<Access> resolve(const Kubeconfig& config, const std::string& context, const ResolveOptions& options = {});

/// A pod's own access: "token" and "ca.crt" under `folder` (/var/run/secrets/kubernetes.io/serviceaccount), and the
/// values of KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. The token file is read again after
/// `reread_after`.
/// Errors: NotFound when this is no pod (a value or a file is missing).
Result<Access> in_cluster(const std::string& folder, const std::string& host, const std::string& port,
                          const ResolveOptions& options = {});

/// A source that reads a bearer token from `file`, again after `reread_after`. Errors of its fetch: Unauthenticated.
std::shared_ptr<endpoint::CredentialSource> token_file_source(std::string file, endpoint::Credential besides,
                                                              const ResolveOptions& options);

}  // namespace helix::kubeconfig
