#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/ledger_git/library.hpp"
#include "service/ports/record_sink.hpp"

namespace helix::ledger_git {

/// Writes a ledger as a git history: a bare repository, one commit a record on the branch main (commit_text.hpp), each
/// with one file, so that a commit costs the same however long the ledger is. The ids of the commits follow from the
/// records alone and are the same on every machine.
///
/// Commits are written in packs of some thousands, a few of them as loose objects; the branch moves once those are
/// durable. A process that dies on the way leaves a shorter, whole history. No hook runs, no git binary is needed.
class GitWriter final : public ports::RecordSink {
public:
    /// Opens or creates the repository. Errors: InvalidArgument when the folder holds something else, or a repository
    /// with files laid out; DataLoss when the branch ends with a commit that its record does not give; Unavailable.
    static Result<std::unique_ptr<GitWriter>> open(const std::string& folder);

    [[nodiscard]] std::optional<ledger::Head> head() const override { return head_; }
    Result<void> append(const ledger::Record& record, std::string_view text) override;
    Result<void> finish() override { return flush(); }

private:
    GitWriter(std::unique_ptr<Library> library, Repository repository, std::string folder)
        : library_(std::move(library)), repository_(std::move(repository)), folder_(std::move(folder)) {}

    Result<void> find_tip();
    Result<void> open_object_stores();
    Result<git_oid> hold(std::string_view bytes, git_object_t type);
    Result<void> flush();
    Result<void> write_loose();
    Result<void> write_pack();
    Result<void> move_branch();

    std::unique_ptr<Library> library_;
    Repository repository_;
    std::string folder_;
    ObjectStore held_;                      ///< the repository's objects, with those in memory before them
    git_odb_backend* in_memory_ = nullptr;  ///< owned by `held_`
    ObjectStore disk_;                      ///< the repository's objects without them
    std::optional<ledger::Head> head_;
    std::optional<git_oid> branch_;  ///< where the branch is
    std::optional<git_oid> tip_;     ///< the last commit made
    std::vector<git_oid> new_ids_;   ///< objects in memory
    std::size_t new_bytes_ = 0;
};

}  // namespace helix::ledger_git
