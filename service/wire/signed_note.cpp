#include "service/wire/signed_note.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "service/wire/base64.hpp"

namespace helix::wire {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // an em dash and a blank
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kHashBytes = 4;
constexpr std::size_t kHashDigits = 2 * kHashBytes;

Error no_note(const std::string& why) {
    return error(Code::InvalidArgument, "not a signed note: " + why, "see docs/ledger.md, \"Checkpoints\"");
}

std::string line_of(const ledger::Signature& signature) {
    const std::size_t plus = signature.key_id.rfind('+');
    std::string bytes;
    for (std::size_t i = plus + 1; i + 1 < signature.key_id.size(); i += 2)
        bytes += static_cast<char>(kDigits.find(signature.key_id[i]) * 16 + kDigits.find(signature.key_id[i + 1]));
    bytes.append(signature.bytes.begin(), signature.bytes.end());
    return std::string(kDash) + signature.key_id.substr(0, plus) + " " + to_base64(bytes) + "\n";
}

/// One signature line without its newline; nothing for one of another algorithm.
Result<std::optional<ledger::Signature>> parse_line(std::string_view line) {
    if (!line.starts_with(kDash)) return no_note("a signature line does not begin with an em dash");
    line.remove_prefix(kDash.size());
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !ledger::is_key_name(line.substr(0, blank)))
        return no_note("a signature line has no key name");
    const auto bytes = from_base64(line.substr(blank + 1));
    if (!bytes || bytes->size() <= kHashBytes) return no_note("a signature is not base64");
    ledger::Signature signature{std::string(line.substr(0, blank)) + "+", {}};
    if (bytes->size() != kHashBytes + signature.bytes.size()) return std::optional<ledger::Signature>();
    for (std::size_t i = 0; i < kHashBytes; ++i) {
        const auto byte = static_cast<unsigned char>((*bytes)[i]);
        signature.key_id += kDigits[byte >> 4U];
        signature.key_id += kDigits[byte & 0xFU];
    }
    std::transform(bytes->begin() + kHashBytes, bytes->end(), signature.bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return std::optional(std::move(signature));
}

}  // namespace

std::string to_note(const SignedNote& note) {
    std::string text = note.text + "\n";
    for (const ledger::Signature& signature : note.signatures) text += line_of(signature);
    return text;
}

Result<SignedNote> parse_note(std::string_view text) {
    const bool controls =
        std::any_of(text.begin(), text.end(), [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; });
    if (controls) return no_note("it has control characters");
    const std::size_t split = text.rfind("\n\n");
    if (split == std::string_view::npos) return no_note("it has no signatures");
    SignedNote note{std::string(text.substr(0, split + 1)), {}};
    std::string_view lines = text.substr(split + 2);
    if (lines.empty() || lines.back() != '\n') return no_note("its last line does not end");
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        auto signature = parse_line(lines.substr(0, end));
        if (!signature) return std::move(signature).error();
        if (*signature) note.signatures.push_back(**std::move(signature));
        lines.remove_prefix(end + 1);
    }
    return note;
}

}  // namespace helix::wire
