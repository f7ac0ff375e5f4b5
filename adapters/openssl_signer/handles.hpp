#pragma once

#include <memory>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>

namespace helix::openssl_signer {

struct FreeHandle {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeHandle>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, FreeHandle>;
using BioHandle = std::unique_ptr<BIO, FreeHandle>;

/// The text as the bytes that the library takes.
inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace helix::openssl_signer
