#include "adapters/openssl_signer/ed25519.hpp"

#include <memory>

#include <openssl/evp.h>

#include "adapters/openssl_signer/handles.hpp"

namespace helix::openssl_signer {

bool verify_ed25519(const ledger::KeyBytes& key, std::string_view message, const ledger::SignatureBytes& signature) {
    const KeyHandle handle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
    const ContextHandle context(EVP_MD_CTX_new());
    return handle && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace helix::openssl_signer
