#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"

namespace helix::ledger {

using SignatureBytes = std::array<std::uint8_t, 64>;  ///< Ed25519, RFC 8032
using KeyBytes = std::array<std::uint8_t, 32>;        ///< an Ed25519 public key, RFC 8032

/// Whether `signature` over `message` was made with the private part of `key`; a function that an adapter provides:
/// pure, never fails, callable from any thread.
using VerifyEd25519 = bool (*)(const KeyBytes& key, std::string_view message, const SignatureBytes& signature);

/// A public key and the name that its signatures carry. The name of the newest key is the origin of the checkpoints.
struct PublicKey {
    std::string name;
    KeyBytes bytes{};

    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

/// Whether `name` may name a key: 1 to 255 printable ASCII characters without space and plus, as C2SP signed-note asks.
bool is_key_name(std::string_view name);

/// The four bytes that tell keys of one name apart (C2SP signed-note):
///
///     SHA-256(name || 0x0A || 0x01 || key)[0..4], big endian
std::uint32_t key_hash(const PublicKey& key, Sha256 sha256);

/// What a signature names its key by, everywhere: name, "+", eight lower-case hexadecimal digits of key_hash.
std::string key_id(const PublicKey& key, Sha256 sha256);

/// How a signature stands to the keys one knows.
enum class SignatureState {
    Valid,
    UnknownKey,  ///< no key of this id among them
    Wrong,       ///< not a signature of this message by that key
};

/// The public keys of a deployment, also those that sign no longer: old keys verify old records.
class KeyRing {
public:
    /// A ring without keys: it knows none.
    KeyRing() = default;
    KeyRing(std::vector<PublicKey> keys, Sha256 sha256, VerifyEd25519 verify);

    [[nodiscard]] const std::vector<PublicKey>& keys() const { return keys_; }
    [[nodiscard]] bool empty() const { return keys_.empty(); }

    [[nodiscard]] SignatureState check(std::string_view message, const Signature& signature) const;
    /// The same over the 32 bytes of a digest, as records are signed.
    [[nodiscard]] SignatureState check(const Digest& digest, const Signature& signature) const;

private:
    std::vector<PublicKey> keys_;
    std::vector<std::string> ids_;  // of keys_, in their order
    VerifyEd25519 verify_ = nullptr;
};

/// The digest's bytes as a message to be signed.
std::string as_message(const Digest& digest);

}  // namespace helix::ledger
