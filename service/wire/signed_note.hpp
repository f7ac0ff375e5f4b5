#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/keys.hpp"

namespace helix::wire {

/// A C2SP signed note: a text that ends with a newline, an empty line, and a line for each signature over the text:
///
///     <em dash> <key name> <base64(four bytes of key hash || signature)>
struct SignedNote {
    std::string text;
    std::vector<ledger::Signature> signatures;  ///< those of the size of an Ed25519 one; key_id is name+hash
};

/// The note as text. Every key id is of the form that ledger::key_id gives.
std::string to_note(const SignedNote& note);

/// Reads a note. Signatures of other algorithms are passed over, as C2SP asks; none is checked here.
/// Errors: InvalidArgument when it is not a note or has no signature line.
Result<SignedNote> parse_note(std::string_view text);

}  // namespace helix::wire
