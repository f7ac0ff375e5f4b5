#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace helix::ledger {

using Digest = std::array<std::uint8_t, 32>;  ///< SHA-256

/// γ₁ as every record carries it.
inline constexpr const char* kGamma1 = "14.134725141734693";

/// The version of the bytes that are hashed; it is itself inside them.
inline constexpr int kFormatVersion = 1;

/// Ed25519 over a record's `hash`.
struct Signature {
    std::string key_id;  ///< names the public key; old keys go on verifying old records
    std::array<std::uint8_t, 64> bytes{};

    friend bool operator==(const Signature&, const Signature&) = default;
};

/// One MEBafiordRecord: an entry of the append-only, hash-chained ledger.
///
/// `hash` = SHA-256 over the canonical JSON (RFC 8785) of every field but `hash` and `signature`;
/// `prev_hash` is the hash of the record before it, 32 zero bytes for seq 0.
struct Record {
    std::uint64_t seq = 0;   ///< 0, 1, 2 ... without gaps
    std::string id;          ///< ULID; also the id of the bus event
    std::int64_t at_us = 0;  ///< UTC, microseconds since 1970; RFC 3339 with six decimals in JSON
    std::string kind;        ///< "helix.cycle", "helix.intent", "trial.verdict", ...
    std::string target;      ///< cluster or silo; empty when the record is about none
    std::string actor;       ///< authenticated identity of who asked
    std::string body;        ///< the kind's own payload: canonical JSON text of one object
    Digest prev_hash{};
    Digest hash{};
    std::optional<Signature> signature;  ///< none: the deployment does not sign

    /// `v`, as it was read. It is hashed, so that a row whose version was changed is found like any other change.
    std::int64_t format = kFormatVersion;
};

}  // namespace helix::ledger
