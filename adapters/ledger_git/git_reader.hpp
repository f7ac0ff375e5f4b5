#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/ledger_git/library.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/record_source.hpp"

namespace helix::ledger_git {

/// What one commit holds, read without trusting it.
struct CommittedRecord {
    ledger::Record record;
    std::vector<git_oid> parents;
    std::string complaint;  ///< empty: the commit is, byte for byte, the one that its record gives (commit_text.hpp)
};

/// Reads and judges the commit `id`; with `sha256` also whether its record's bytes give its hash, which is then what is
/// told: a changed record spoils the commit around it, too. Errors: Unimplemented for a record of a newer format
/// version.
Result<CommittedRecord> read_commit(git_odb* objects, const git_oid& id, ledger::Sha256 sha256);

/// A ledger exported to git (git_writer.hpp), or any clone of it, bare or with files laid out: those are not looked at.
///
/// A commit whose id is not the one that its record and its parent give is told with a complaint. 20 bytes of memory
/// a commit are used while reading.
class GitReader final : public ports::RecordSource {
public:
    /// Errors: NotFound; InvalidArgument when the folder is no repository, or has no commits.
    static Result<std::unique_ptr<GitReader>> open(const std::string& folder, ledger::Sha256 sha256);

    Result<std::optional<std::uint64_t>> last_seq() override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

private:
    GitReader(std::unique_ptr<Library> library, Repository repository, ObjectStore objects, std::string folder,
              ledger::Sha256 sha256)
        : library_(std::move(library)),
          repository_(std::move(repository)),
          objects_(std::move(objects)),
          folder_(std::move(folder)),
          sha256_(sha256) {}

    Result<std::optional<git_oid>> tip() const;
    Result<std::vector<git_oid>> newest_first(std::uint64_t count_max) const;

    std::unique_ptr<Library> library_;
    Repository repository_;
    ObjectStore objects_;
    std::string folder_;
    ledger::Sha256 sha256_;
};

}  // namespace helix::ledger_git
