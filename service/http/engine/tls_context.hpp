#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "domain/core/result.hpp"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace helix::http_engine {

/// Where the server's identity lies; PEM files.
struct TlsOptions {
    std::string certificate_chain_file;
    std::string private_key_file;
    std::string client_ca_file = {};           ///< when set, client certificates are asked for and verified
    bool client_certificate_required = false;  ///< refuse clients without one; needs client_ca_file
};

/// The TLS side of a server: TLS >= 1.2, no renegotiation, ALPN http/1.1; the certificate can be exchanged while
/// running.
///
/// Threads: any.
class TlsContext {
public:
    /// Errors: InvalidArgument when a file cannot be read, or key and certificate do not belong together.
    static Result<std::unique_ptr<TlsContext>> load(TlsOptions options);

    /// Reads the same files again; new connections use them, running ones go on undisturbed.
    /// Errors: as load(); then the old certificate stays in use.
    Result<void> reload();

    /// A fresh server-side session on `fd`, or null when OpenSSL is out of memory. The caller owns it.
    SSL* new_session(int fd);

private:
    explicit TlsContext(TlsOptions options) : options_(std::move(options)) {}

    TlsOptions options_;
    std::mutex mutex_;
    std::shared_ptr<SSL_CTX> context_;
};

}  // namespace helix::http_engine
