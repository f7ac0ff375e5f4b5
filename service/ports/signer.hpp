#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"

namespace helix::ports {

/// Signs with the deployment's key; the private part never leaves the implementation.
///
/// Thread safety: any method from any thread.
class Signer {
public:
    virtual ~Signer() = default;

    [[nodiscard]] virtual const ledger::PublicKey& public_key() const = 0;
    /// ledger::key_id of the public key.
    [[nodiscard]] virtual const std::string& key_id() const = 0;

    /// The Ed25519 signature over `message`. Errors: Internal when the library refuses.
    virtual Result<ledger::Signature> sign(std::string_view message) const = 0;
};

}  // namespace helix::ports
