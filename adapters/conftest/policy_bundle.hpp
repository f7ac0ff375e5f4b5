#pragma once

#include <filesystem>
#include <string>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::conftest {

/// The SHA-256, in hex, of all files of a folder of policies: for each, in the order of their paths below the folder,
/// "PATH\0SIZE\0" and its bytes. Folders whose name begins with ".." are passed over: that is where a mounted ConfigMap
/// keeps what its links point to.
///
/// Errors: NotFound without such a folder or any file; Unavailable when something cannot be read; ResourceExhausted
/// beyond 1000 files or 16 MiB.
Result<std::string> bundle_hash(const std::filesystem::path& folder, ledger::Sha256 sha256);

}  // namespace helix::conftest
