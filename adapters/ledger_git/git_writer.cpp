#include "adapters/ledger_git/git_writer.hpp"

#include <filesystem>

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>

#include "adapters/ledger_git/commit_text.hpp"
#include "adapters/ledger_git/git_reader.hpp"
#include "service/ports/fault_point.hpp"

namespace helix::ledger_git {
namespace {

constexpr std::size_t kObjectsPerCommit = 3;
constexpr std::size_t kPackCommits = 8192;
constexpr std::size_t kPackBytes = 64U * 1024U * 1024U;
/// So few commits do not get a pack of their own.
constexpr std::size_t kLooseCommitsMax = 32;
constexpr int kBeforeAllOthers = 999;

Result<Repository> create(const std::string& folder) {
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    options.initial_head = "main";
    options.description = "A ledger of Helix Coaster: one commit a record. See docs/ledger-export.md.";
    git_repository* made = nullptr;
    if (git_repository_init_ext(&made, folder.c_str(), &options) != 0) return last_error("creating", folder);
    return Repository(made);
}

Result<Repository> open_or_create(const std::string& folder) {
    std::error_code failure;
    if (!std::filesystem::exists(folder, failure) || std::filesystem::is_empty(folder, failure)) return create(folder);
    git_repository* opened = nullptr;
    if (git_repository_open_ext(&opened, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
        return error(Code::InvalidArgument, "the folder holds something else than a git repository",
                     "name an empty folder, or one that is not there", folder);
    Repository repository(opened);
    if (git_repository_is_bare(opened) == 0)
        return error(Code::InvalidArgument,
                     "the repository is not bare: its files would no longer be what is committed",
                     "export into a bare repository and clone that", folder);
    return repository;
}

}  // namespace

Result<std::unique_ptr<GitWriter>> GitWriter::open(const std::string& folder) {
    auto library = std::make_unique<Library>();
    auto repository = open_or_create(folder);
    if (!repository) return std::move(repository).error();
    auto writer = std::unique_ptr<GitWriter>(new GitWriter(std::move(library), *std::move(repository), folder));
    auto done = writer->open_object_stores();
    if (done) done = writer->find_tip();
    if (!done) return done.error();
    return writer;
}

Result<void> GitWriter::open_object_stores() {
    git_odb* held = nullptr;
    if (git_repository_odb(&held, repository_.get()) != 0) return last_error("opening", folder_);
    held_.reset(held);
    if (git_mempack_new(&in_memory_) != 0) return last_error("opening", folder_);
    if (git_odb_add_backend(held, in_memory_, kBeforeAllOthers) != 0) return last_error("opening", folder_);
    const std::string objects = std::string(git_repository_commondir(repository_.get())) + "objects";
    git_odb* disk = nullptr;
    if (git_odb_open(&disk, objects.c_str()) != 0) return last_error("opening", folder_);
    disk_.reset(disk);
    return {};
}

Result<void> GitWriter::find_tip() {
    git_oid id{};
    const int code = git_reference_name_to_id(&id, repository_.get(), kBranch);
    if (code == GIT_ENOTFOUND) return {};
    if (code != 0) return last_error("reading the branch main", folder_);
    const auto last = read_commit(disk_.get(), id, nullptr);
    if (!last) return last.error();
    if (!last->complaint.empty())
        return error(Code::DataLoss, "the branch main does not end with a ledger's record: " + last->complaint,
                     "see `helix ledger verify --git`, and export into a new folder", folder_);
    branch_ = tip_ = id;
    head_ = ledger::Head{last->record.seq, last->record.hash};
    return {};
}

/// Puts an object into memory.
Result<git_oid> GitWriter::hold(std::string_view bytes, git_object_t type) {
    git_oid id{};
    // Past the object store, which would look for each object on disk first, folder by folder.
    if (git_odb_hash(&id, bytes.data(), bytes.size(), type) != 0 ||
        in_memory_->write(in_memory_, &id, bytes.data(), bytes.size(), type) != 0)
        return last_error("writing", folder_);
    new_ids_.push_back(id);
    new_bytes_ += bytes.size();
    return id;
}

Result<void> GitWriter::append(const ledger::Record& record, std::string_view text) {
    const auto blob = hold(text, GIT_OBJECT_BLOB);
    if (!blob) return blob.error();
    std::string tree_bytes = "100644 ";
    tree_bytes += kFileName;
    tree_bytes += '\0';
    for (const unsigned char byte : blob->id) tree_bytes += static_cast<char>(byte);
    const auto tree = hold(tree_bytes, GIT_OBJECT_TREE);
    if (!tree) return tree.error();
    const auto commit = hold(commit_text(record, hex(*tree), tip_ ? hex(*tip_) : ""), GIT_OBJECT_COMMIT);
    if (!commit) return commit.error();
    tip_ = *commit;
    const bool full = new_ids_.size() >= kPackCommits * kObjectsPerCommit || new_bytes_ >= kPackBytes;
    return full ? flush() : Result<void>{};
}

Result<void> GitWriter::flush() {
    if (new_ids_.empty()) return {};
    ports::fault_point("git.objects.before");
    auto written = new_ids_.size() <= kLooseCommitsMax * kObjectsPerCommit ? write_loose() : write_pack();
    if (!written) return written;
    new_ids_.clear();
    new_bytes_ = 0;
    git_mempack_reset(in_memory_);
    return move_branch();
}

Result<void> GitWriter::write_loose() {
    for (const git_oid& id : new_ids_) {
        git_odb_object* read = nullptr;
        if (git_odb_read(&read, held_.get(), &id) != 0) return last_error("writing", folder_);
        const Object object(read);
        git_oid written{};
        if (git_odb_write(&written, disk_.get(), git_odb_object_data(read), git_odb_object_size(read),
                          git_odb_object_type(read)) != 0)
            return last_error("writing", folder_);
    }
    return {};
}

Result<void> GitWriter::write_pack() {
    git_buf pack = GIT_BUF_INIT;
    git_odb_writepack* writer = nullptr;
    git_indexer_progress progress{};
    int code = git_mempack_dump(&pack, repository_.get(), in_memory_);
    if (code == 0) code = git_odb_write_pack(&writer, disk_.get(), nullptr, nullptr);
    if (code == 0) code = writer->append(writer, pack.ptr, pack.size, &progress);
    if (code == 0) code = writer->commit(writer, &progress);
    Result<void> done;
    if (code != 0) done = last_error("writing a pack", folder_);
    if (writer != nullptr) writer->free(writer);
    git_buf_dispose(&pack);
    return done;
}

/// Moves the branch to the last commit, if nobody else did meanwhile.
Result<void> GitWriter::move_branch() {
    git_reference* moved = nullptr;
    ports::fault_point("git.branch.before");
    const int code =
        branch_ ? git_reference_create_matching(&moved, repository_.get(), kBranch, &*tip_, 1, &*branch_, "export")
                : git_reference_create(&moved, repository_.get(), kBranch, &*tip_, 0, "export");
    ports::fault_point("git.branch.after");
    const Reference held(moved);
    if (code == GIT_EMODIFIED || code == GIT_EEXISTS || code == GIT_ELOCKED)
        return error(Code::Conflict, "another export moved the branch meanwhile", "run it again: it goes on from there",
                     folder_);
    if (code != 0) return last_error("moving the branch main", folder_);
    branch_ = tip_;
    return {};
}

}  // namespace helix::ledger_git
