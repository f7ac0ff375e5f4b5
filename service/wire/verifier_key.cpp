#include "service/wire/verifier_key.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "service/wire/base64.hpp"

namespace helix::wire {
namespace {

constexpr char kEd25519 = 0x01;

Error not_a_verifier(const std::string& why) {
    return error(Code::InvalidArgument, "not a verifier string: " + why, "it looks like name+hash+key");
}

}  // namespace

std::string to_verifier(const ledger::PublicKey& key, ledger::Sha256 sha256) {
    std::string bytes(1, kEd25519);
    bytes.append(key.bytes.begin(), key.bytes.end());
    return ledger::key_id(key, sha256) + "+" + to_base64(bytes);
}

Result<ledger::PublicKey> parse_verifier(std::string_view line, ledger::Sha256 sha256) {
    const std::size_t first = line.find('+');
    const std::size_t second = first == std::string_view::npos ? first : line.find('+', first + 1);
    if (second == std::string_view::npos) return not_a_verifier("it has not three parts");
    ledger::PublicKey key{std::string(line.substr(0, first)), {}};
    if (!ledger::is_key_name(key.name)) return not_a_verifier("its name cannot name a key");
    const auto bytes = from_base64(line.substr(second + 1));
    if (!bytes || bytes->size() != 1 + key.bytes.size() || bytes->front() != kEd25519)
        return not_a_verifier("its key is not an Ed25519 key in base64");
    std::transform(bytes->begin() + 1, bytes->end(), key.bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    if (ledger::key_id(key, sha256) != line.substr(0, second))
        return not_a_verifier("its hash is not that of its name and key");
    return key;
}

Result<std::vector<ledger::PublicKey>> parse_verifiers(std::string_view text, ledger::Sha256 sha256,
                                                       const std::string& file) {
    std::vector<ledger::PublicKey> keys;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        auto key = parse_verifier(line, sha256);
        if (!key)
            return error(Code::InvalidArgument, key.error().message, key.error().mend,
                         file + ":" + std::to_string(number));
        keys.push_back(*std::move(key));
    }
    if (keys.empty())
        return error(Code::InvalidArgument, "there is no public key in it", "helix ledger keys prints them", file);
    return keys;
}

}  // namespace helix::wire
