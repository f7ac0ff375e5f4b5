#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/ledger_sqlite/connection.hpp"
#include "service/ports/record_source.hpp"

namespace helix::ledger_sqlite {

/// A ledger's SQLite file, read and nothing else: no migration, no lock that a writer would feel, no file made.
///
/// Beside a WAL the file is read through it, together with the service that may be writing. Without one it is taken as
/// lying still, so that a copy in a folder that cannot be written, or on a read-only disk, is read as well; should
/// somebody begin to write it meanwhile, the reading ends with Unavailable rather than with half a truth.
class SqliteLedgerReader final : public ports::RecordSource {
public:
    /// `where` may lead there over links. Errors: NotFound; DataLoss naming the file when it is damaged;
    /// PreconditionFailed when it is no ledger; Unimplemented when it is of a newer schema than this program;
    /// Unavailable when it cannot be opened.
    static Result<std::unique_ptr<SqliteLedgerReader>> open(const std::string& where);

    Result<std::optional<std::uint64_t>> last_seq() override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;
    Result<std::vector<ports::KeptNode>> kept_nodes(unsigned level, std::uint64_t from) override;

private:
    /// What would change if somebody wrote the file.
    struct Stillness {
        std::int64_t bytes = 0;
        std::int64_t changed_ns = 0;

        friend bool operator==(const Stillness&, const Stillness&) = default;
    };

    SqliteLedgerReader(Connection connection, std::string path, std::optional<Stillness> still)
        : connection_(std::move(connection)), path_(std::move(path)), still_(still) {}

    static Result<Stillness> look_at(const std::string& path);
    Result<void> prepare();
    [[nodiscard]] Result<void> still_as_it_was() const;

    Connection connection_;
    std::string path_;
    std::optional<Stillness> still_;  ///< how the file lay when it was opened; none: it is read through its WAL
    Statement page_, nodes_;
    bool has_nodes_ = false;  ///< not in a schema that is older than the tree
};

}  // namespace helix::ledger_sqlite
