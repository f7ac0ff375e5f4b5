#include "service/wire/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "service/wire/base64.hpp"
#include "service/wire/signed_note.hpp"

namespace helix::wire {
namespace {

Error no_checkpoint(const std::string& why) {
    return error(Code::InvalidArgument, "not a checkpoint: " + why, "see docs/ledger.md, \"Checkpoints\"");
}

/// Takes one line off the front of `text`.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

/// Decimal without a sign and without leading zeros.
bool read_size(std::string_view text, std::uint64_t& size) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
    return problem == std::errc{} && end == text.data() + text.size() && std::to_string(size) == text;
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64({reinterpret_cast<const char*>(checkpoint.root.data()), checkpoint.root.size()}) + "\n";
}

Result<Checkpoint> parse_checkpoint_text(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    if (checkpoint.origin.empty()) return no_checkpoint("its first line, the origin, is empty");
    if (!read_size(take_line(text), checkpoint.size)) return no_checkpoint("its second line is not a size");
    const auto root = from_base64(take_line(text));
    if (!root || root->size() != checkpoint.root.size()) return no_checkpoint("its third line is not a root hash");
    std::transform(root->begin(), root->end(), checkpoint.root.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return checkpoint;
}

Result<OpenedCheckpoint> open_checkpoint(std::string_view text, const ledger::KeyRing& keys) {
    const auto note = parse_note(text);
    if (!note) return note.error();
    auto checkpoint = parse_checkpoint_text(note->text);
    if (!checkpoint) return std::move(checkpoint).error();
    OpenedCheckpoint opened{*std::move(checkpoint), ledger::SignatureState::UnknownKey, {}};
    for (const ledger::Signature& signature : note->signatures) {
        if (!signature.key_id.starts_with(opened.checkpoint.origin + "+")) continue;  // a witness's, not the log's
        const ledger::SignatureState state = keys.check(note->text, signature);
        if (opened.key_id.empty() || state != ledger::SignatureState::UnknownKey) {
            opened.key_id = signature.key_id;
            opened.state = state;
        }
        if (state == ledger::SignatureState::Valid) return opened;
    }
    return opened;
}

}  // namespace helix::wire
