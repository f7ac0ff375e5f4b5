#pragma once

#include <memory>
#include <string>

#include "domain/core/result.hpp"
#include "service/ports/record_source.hpp"

namespace helix::app {

/// A ledger to be read and left as it is: a SQLite file or an export, told apart by the first bytes; a PostgreSQL
/// database by its URL; a folder with a git export; "-" is an export on stdin. Errors: those of the adapters.
Result<std::unique_ptr<ports::RecordSource>> open_ledger(const std::string& where);

/// The ledger that was exported to git in `folder`. Errors: as GitReader::open.
Result<std::unique_ptr<ports::RecordSource>> open_git_ledger(const std::string& folder);

/// What an adapter opened, as the port that it implements.
template <class Port, class Adapter>
Result<std::unique_ptr<Port>> as_port(Result<std::unique_ptr<Adapter>> opened) {
    if (!opened) return std::move(opened).error();
    return Result<std::unique_ptr<Port>>(*std::move(opened));
}

}  // namespace helix::app
