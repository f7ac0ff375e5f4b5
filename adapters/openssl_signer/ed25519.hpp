#pragma once

#include <string_view>

#include "domain/ledger/keys.hpp"

namespace helix::openssl_signer {

/// Ed25519 verification by OpenSSL's EVP; a ledger::VerifyEd25519. Thread safety: any thread.
bool verify_ed25519(const ledger::KeyBytes& key, std::string_view message, const ledger::SignatureBytes& signature);

}  // namespace helix::openssl_signer
