#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"

namespace helix::wire {

/// A public key as one line, a C2SP signed-note verifier string: name, "+", key hash, "+", base64(0x01 || key):
///
///     example.com/helix+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
std::string to_verifier(const ledger::PublicKey& key, ledger::Sha256 sha256);

/// Reads one line. Errors: InvalidArgument, also when the key hash is not that of name and key, or the algorithm is not
/// Ed25519.
Result<ledger::PublicKey> parse_verifier(std::string_view line, ledger::Sha256 sha256);

/// Reads a list of keys, one a line; empty lines and lines that begin with # are passed over.
/// Errors: InvalidArgument naming `file` and the line, also when there is no key at all.
Result<std::vector<ledger::PublicKey>> parse_verifiers(std::string_view text, ledger::Sha256 sha256,
                                                       const std::string& file);

}  // namespace helix::wire
