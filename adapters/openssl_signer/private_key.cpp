#include "adapters/openssl_signer/private_key.hpp"

#include <cstddef>
#include <utility>

#include <openssl/pem.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/handles.hpp"

namespace helix::openssl_signer {
namespace {

class PrivateKey final : public ports::Signer {
public:
    PrivateKey(KeyHandle key, ledger::PublicKey public_key)
        : key_(std::move(key)),
          public_key_(std::move(public_key)),
          key_id_(ledger::key_id(public_key_, openssl_digest::sha256)) {}

    const ledger::PublicKey& public_key() const override { return public_key_; }
    const std::string& key_id() const override { return key_id_; }

    Result<ledger::Signature> sign(std::string_view message) const override {
        ledger::Signature signature{key_id_, {}};
        std::size_t size = signature.bytes.size();
        const ContextHandle context(EVP_MD_CTX_new());
        if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
            EVP_DigestSign(context.get(), signature.bytes.data(), &size, bytes_of(message), message.size()) != 1 ||
            size != signature.bytes.size())
            return error(Code::Internal, "OpenSSL does not sign with the key " + key_id_);
        return signature;
    }

private:
    const KeyHandle key_;
    const ledger::PublicKey public_key_;
    const std::string key_id_;
};

/// A key with a passphrase is refused instead of asking for it at a terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

Result<std::string> generate_pem() {
    const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const BioHandle memory(BIO_new(BIO_s_secmem()));
    if (!key || !memory ||
        PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return error(Code::Internal, "OpenSSL does not make an Ed25519 key", "check its configuration and providers");
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);  // NOLINT: the library's macro
    return std::string(data, static_cast<std::size_t>(size));
}

Result<std::unique_ptr<ports::Signer>> signer_of_pem(std::string_view pem, const std::string& name,
                                                     const std::string& where) {
    const BioHandle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    KeyHandle key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
    ledger::PublicKey public_key{name, {}};
    std::size_t size = public_key.bytes.size();
    if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(key.get(), public_key.bytes.data(), &size) != 1)
        return error(Code::InvalidArgument, where + " is not an Ed25519 private key in PEM without a passphrase",
                     "make one with helix keys generate", where);
    return std::unique_ptr<ports::Signer>(std::make_unique<PrivateKey>(std::move(key), std::move(public_key)));
}

}  // namespace helix::openssl_signer
