#include "service/http/engine/tls_context.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace helix::http_engine {
namespace {

constexpr std::string_view kSessionContext = "helix";

Error tls_error(const std::string& what, const std::string& file) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return error(Code::InvalidArgument, what + ": " + text.data(), "give a readable PEM file that fits the others",
                 file);
}

/// Chooses http/1.1 when the client offers it, and stays silent otherwise.
int choose_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned int in_length, void* /*unused*/) {
    static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, kHttp11.data(), static_cast<unsigned int>(kHttp11.size()), in,
                              in_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Result<std::shared_ptr<SSL_CTX>> make_context(const TlsOptions& options) {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context) return error(Code::Internal, "OpenSSL could not make a TLS context");
    SSL_CTX* ctx = context.get();
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
    const void* session_context = kSessionContext.data();
    SSL_CTX_set_session_id_context(ctx, static_cast<const unsigned char*>(session_context), kSessionContext.size());

    if (SSL_CTX_use_certificate_chain_file(ctx, options.certificate_chain_file.c_str()) != 1)
        return tls_error("the certificate cannot be used", options.certificate_chain_file);
    if (SSL_CTX_use_PrivateKey_file(ctx, options.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return tls_error("the private key cannot be used", options.private_key_file);
    if (SSL_CTX_check_private_key(ctx) != 1)
        return tls_error("the private key is not the certificate's", options.private_key_file);
    if (options.client_ca_file.empty()) return context;

    if (SSL_CTX_load_verify_locations(ctx, options.client_ca_file.c_str(), nullptr) != 1)
        return tls_error("the client CA cannot be used", options.client_ca_file);
    SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(options.client_ca_file.c_str()));
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (options.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    return context;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::load(TlsOptions options) {
    if (options.client_certificate_required && options.client_ca_file.empty())
        return error(Code::InvalidArgument, "client certificates are required but no client CA is given");
    std::unique_ptr<TlsContext> made(new TlsContext(std::move(options)));
    if (auto loaded = made->reload(); !loaded) return std::move(loaded).error();
    return made;
}

Result<void> TlsContext::reload() {
    auto fresh = make_context(options_);
    if (!fresh) return std::move(fresh).error();
    const std::lock_guard lock(mutex_);
    context_ = *std::move(fresh);
    return {};
}

SSL* TlsContext::new_session(int fd) {
    std::shared_ptr<SSL_CTX> context;
    {
        const std::lock_guard lock(mutex_);
        context = context_;
    }
    SSL* ssl = SSL_new(context.get());  // keeps its own reference to the context
    if (ssl == nullptr) return nullptr;
    if (SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return nullptr;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

}  // namespace helix::http_engine
