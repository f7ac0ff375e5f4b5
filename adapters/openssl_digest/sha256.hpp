#pragma once

#include <string_view>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::openssl_digest {

/// SHA-256 of `bytes` by OpenSSL's EVP; a ledger::Sha256. The algorithm is fetched once and each thread keeps its
/// context. Ends the program when OpenSSL cannot give SHA-256 at all: nothing could be trusted then.
/// Thread safety: any thread.
ledger::Digest sha256(std::string_view bytes);

/// wire::seal with this digest: sets `prev_hash` and `hash`. Errors: InvalidArgument, see wire::hashed_bytes.
Result<void> seal(ledger::Record& record, const ledger::Digest& prev_hash);

}  // namespace helix::openssl_digest
