#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"
#include "service/ports/signer.hpp"

namespace helix::openssl_signer {

/// The keys of a folder, as `generate` makes it:
///
///     0001.pub    name and public key, as a C2SP verifier string (wire/verifier_key.hpp)
///     0001.pem    its private part, PKCS #8, readable by its owner alone
///     0002.pub ...
///
/// The greatest number with a private part signs. Every .pub verifies: to retire a key for good delete its .pem and
/// leave its .pub, so that what it signed stays verifiable.
struct KeyFolder {
    std::unique_ptr<ports::Signer> signer;
    std::vector<ledger::PublicKey> public_keys;  ///< newest first
};

/// Reads the folder. Errors: NotFound when it holds no private key; PermissionDenied when the group or others may read
/// the private key that would sign (of a key of root's, read by somebody else, only others); InvalidArgument naming a
/// file that is not what it must be, also when a private key and its .pub do not belong together.
Result<KeyFolder> load(const std::string& folder);

/// Makes a new key, which signs from the next load on, and the folder with those above it (mode 0700) where they are
/// missing. Errors: InvalidArgument for a name that cannot name a key; Unavailable when the files cannot be written.
Result<ledger::PublicKey> generate(const std::string& folder, const std::string& name);

/// `generate` when the folder holds no private key; nothing happens, and nothing is answered, when it holds one. Of
/// several processes that begin at once on one folder a single one makes a key, and the others find it.
/// Errors: as generate; Unavailable when the folder cannot be locked.
Result<std::optional<ledger::PublicKey>> generate_first(const std::string& folder, const std::string& name);

/// Whether the folder is there and holds a private key.
bool has_keys(const std::string& folder);

}  // namespace helix::openssl_signer
