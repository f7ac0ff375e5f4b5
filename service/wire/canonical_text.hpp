#pragma once

#include <string_view>

namespace helix::wire {

/// Whether one pass over `text`, without building the value, shows it to be the canonical text of one object: what
/// canonical_json would write of it, byte for byte, and what parse_json takes.
///
/// True is certain. False says nothing: escapes, letters beyond ASCII, fractions, integers of more than 15 digits and
/// nesting deeper than 32 are left to the full way. Most bodies of records are made by programs that write them
/// canonically already, and have none of these.
bool is_plainly_canonical(std::string_view text);

}  // namespace helix::wire
