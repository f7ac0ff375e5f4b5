#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"

namespace helix::wire {

/// Bounds of a record's text, wherever it is read from.
inline constexpr std::size_t kRecordBytesMax = 64U * 1024U * 1024U;

/// Reads a record from the very bytes that `record_text` writes; not one may differ. The body is kept as it stands:
/// whether it is what was hashed, the hash says.
/// Errors: InvalidArgument saying what is wrong; Unimplemented for a record of a newer format version.
Result<ledger::Record> read_record_line(std::string_view line);

/// The seq that a line claims, found without reading all of it.
std::optional<std::uint64_t> seq_of_line(std::string_view line);

}  // namespace helix::wire
