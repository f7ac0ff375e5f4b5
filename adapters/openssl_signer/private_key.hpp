#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "domain/core/result.hpp"
#include "service/ports/signer.hpp"

namespace helix::openssl_signer {

/// A fresh Ed25519 private key as PEM (PKCS #8), from OpenSSL's generator. Errors: Internal.
Result<std::string> generate_pem();

/// The signer of the private key in `pem`, under `name`; `where` names it in errors.
/// Errors: InvalidArgument when it is not an Ed25519 private key without a passphrase.
Result<std::unique_ptr<ports::Signer>> signer_of_pem(std::string_view pem, const std::string& name,
                                                     const std::string& where);

}  // namespace helix::openssl_signer
