#include "domain/ledger/keys.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace helix::ledger {
namespace {

constexpr char kEd25519 = 0x01;  ///< C2SP signed-note's number of the algorithm
constexpr std::size_t kNameBytesMax = 255;

}  // namespace

bool is_key_name(std::string_view name) {
    const auto allowed = [](char c) { return c > 0x20 && c < 0x7F && c != '+'; };
    return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), allowed);
}

std::uint32_t key_hash(const PublicKey& key, Sha256 sha256) {
    std::string bytes = key.name + '\n' + kEd25519;
    bytes.append(key.bytes.begin(), key.bytes.end());
    const Digest digest = sha256(bytes);
    std::uint32_t hash = 0;
    for (std::size_t i = 0; i < 4; ++i) hash = (hash << 8U) | digest[i];
    return hash;
}

std::string key_id(const PublicKey& key, Sha256 sha256) {
    const std::uint32_t hash = key_hash(key, sha256);
    std::string id = key.name + '+';
    for (unsigned shift = 32; shift > 0; shift -= 4) id += "0123456789abcdef"[(hash >> (shift - 4)) & 0xFU];
    return id;
}

KeyRing::KeyRing(std::vector<PublicKey> keys, Sha256 sha256, VerifyEd25519 verify)
    : keys_(std::move(keys)), verify_(verify) {
    for (const PublicKey& key : keys_) ids_.push_back(key_id(key, sha256));
}

SignatureState KeyRing::check(std::string_view message, const Signature& signature) const {
    const auto id = std::find(ids_.begin(), ids_.end(), signature.key_id);
    if (id == ids_.end()) return SignatureState::UnknownKey;
    const PublicKey& key = keys_[static_cast<std::size_t>(id - ids_.begin())];
    return verify_(key.bytes, message, signature.bytes) ? SignatureState::Valid : SignatureState::Wrong;
}

SignatureState KeyRing::check(const Digest& digest, const Signature& signature) const {
    return check(as_message(digest), signature);
}

std::string as_message(const Digest& digest) {
    return {digest.begin(), digest.end()};
}

}  // namespace helix::ledger
