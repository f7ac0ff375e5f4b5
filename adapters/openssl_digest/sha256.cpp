#include "adapters/openssl_digest/sha256.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

#include "service/wire/record_json.hpp"

namespace helix::openssl_digest {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

[[noreturn]] void no_sha256() {
    std::fputs("helix: OpenSSL gives no SHA-256; check its configuration and providers\n", stderr);
    std::abort();
}

/// Fetched by the first caller and kept: a fetch per digest costs more than a short digest.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

}  // namespace

ledger::Digest sha256(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    ledger::Digest out{};
    if (EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1)
        no_sha256();
    return out;
}

Result<void> seal(ledger::Record& record, const ledger::Digest& prev_hash) {
    return wire::seal(record, prev_hash, &sha256);
}

}  // namespace helix::openssl_digest
