#include "adapters/ledger_git/git_reader.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>

#include "adapters/ledger_git/commit_text.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/record_line.hpp"

namespace helix::ledger_git {
namespace {

/// Of an id, as much as tells it from others at a glance.
std::string short_hex(const git_oid& id) {
    return hex(id).substr(0, 12);
}

std::string_view bytes_of(const Object& object) {
    return {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())};
}

/// Null when it cannot be read, is damaged, or is of another type.
Object read_object(git_odb* objects, const git_oid& id, git_object_t type) {
    git_odb_object* read = nullptr;
    if (git_odb_read(&read, objects, &id) != 0) return nullptr;
    Object object(read);
    return git_odb_object_type(read) == type ? std::move(object) : nullptr;
}

/// "name <40 digits>\n" at the start of `text`, taken off.
bool take_id(std::string_view& text, std::string_view name, git_oid& id) {
    const std::size_t length = name.size() + GIT_OID_HEXSZ + 1;
    if (text.size() < length || text.substr(0, name.size()) != name || text[length - 1] != '\n') return false;
    if (git_oid_fromstrn(&id, text.data() + name.size(), GIT_OID_HEXSZ) != 0) return false;
    text.remove_prefix(length);
    return true;
}

std::vector<git_oid> parents_of(std::string_view commit) {
    std::vector<git_oid> parents;
    git_oid id{};
    if (!take_id(commit, "tree ", id)) return parents;
    while (take_id(commit, "parent ", id)) parents.push_back(id);
    return parents;
}

/// The tree that holds `kFileName` and nothing else.
bool take_only_file(std::string_view tree, git_oid& blob) {
    std::string expected = "100644 ";
    expected += kFileName;
    expected += '\0';
    if (tree.size() != expected.size() + GIT_OID_RAWSZ || tree.substr(0, expected.size()) != expected) return false;
    std::memcpy(blob.id, tree.data() + expected.size(), GIT_OID_RAWSZ);
    return true;
}

/// The lines of a commit's head that begin with `name`; of its message, with an empty name.
std::string_view part_of(std::string_view commit, std::string_view name) {
    const std::size_t head_end = std::min(commit.find("\n\n"), commit.size());
    if (name.empty()) return commit.substr(head_end);
    const std::string_view head = commit.substr(0, head_end);
    const std::size_t begin = head.find(name);
    if (begin == std::string_view::npos) return {};
    return head.substr(begin, head.find('\n', begin + 1) - begin);
}

/// What of the commit differs from the one that its record gives, in words.
std::string difference(std::string_view actual, std::string_view expected) {
    constexpr std::pair<std::string_view, const char*> kParts[] = {
        {"\nparent ", "parent"}, {"\nauthor ", "author"}, {"\ncommitter ", "committer"}, {"", "message"}};
    std::string parts;
    for (const auto& [name, word] : kParts)
        if (part_of(actual, name) != part_of(expected, name)) parts += (parts.empty() ? "" : ", ") + std::string(word);
    // Everything else of a commit's head would be a line that ours has not.
    if (parts.empty()) parts = "head";
    return "it was changed (" + parts + "): it is not the commit that its record gives";
}

}  // namespace

Result<CommittedRecord> read_commit(git_odb* objects, const git_oid& id, ledger::Sha256 sha256) {
    CommittedRecord read;
    const auto complain = [&](const std::string& what) {
        read.complaint = "commit " + short_hex(id) + ": " + what;
        return std::move(read);
    };
    const Object commit = read_object(objects, id, GIT_OBJECT_COMMIT);
    if (!commit) return complain("it cannot be read");
    read.parents = parents_of(bytes_of(commit));
    std::string_view rest = bytes_of(commit);
    git_oid tree_id{}, blob_id{};
    if (!take_id(rest, "tree ", tree_id)) return complain("it names no tree");
    const Object tree = read_object(objects, tree_id, GIT_OBJECT_TREE);
    if (!tree) return complain("its tree cannot be read");
    if (!take_only_file(bytes_of(tree), blob_id))
        return complain("it holds other files than " + std::string(kFileName));
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, objects, &blob_id) != 0 || size > wire::kRecordBytesMax)
        return complain("its record cannot be read");
    const Object blob = read_object(objects, blob_id, GIT_OBJECT_BLOB);
    if (!blob) return complain("its record cannot be read");
    auto record = wire::read_record_line(bytes_of(blob));
    if (!record && record.error().code == Code::Unimplemented) {
        Error newer = record.error();
        newer.where = "commit " + short_hex(id);
        return newer;
    }
    if (!record) return complain(record.error().message);
    read.record = *std::move(record);
    if (sha256 != nullptr) {
        std::string scratch;
        const auto digest = wire::recompute(read.record, sha256, scratch);
        if (!digest || *digest != read.record.hash) return complain("its record's bytes do not give its hash");
    }
    if (read.parents.size() > 1) return complain("it has several parents");
    const std::string parent = read.parents.empty() ? "" : hex(read.parents.front());
    const std::string expected = commit_text(read.record, hex(tree_id), parent);
    if (expected != bytes_of(commit)) return complain(difference(bytes_of(commit), expected));
    return read;
}

Result<std::unique_ptr<GitReader>> GitReader::open(const std::string& folder, ledger::Sha256 sha256) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        return error(Code::NotFound, "no folder " + folder, "check the path", folder);
    auto library = std::make_unique<Library>();
    git_repository* opened = nullptr;
    if (git_repository_open_ext(&opened, folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
        return last_error("opening", folder);
    Repository repository(opened);
    git_odb* objects = nullptr;
    if (git_repository_odb(&objects, opened) != 0) return last_error("opening", folder);
    return std::unique_ptr<GitReader>(
        new GitReader(std::move(library), std::move(repository), ObjectStore(objects), folder, sha256));
}

/// The end of the branch; of whatever is checked out when there is no such branch.
Result<std::optional<git_oid>> GitReader::tip() const {
    git_oid id{};
    int code = git_reference_name_to_id(&id, repository_.get(), kBranch);
    if (code == GIT_ENOTFOUND) code = git_reference_name_to_id(&id, repository_.get(), "HEAD");
    if (code == 0) return std::optional(id);
    if (code == GIT_ENOTFOUND) return std::optional<git_oid>();
    return last_error("reading the branch main", folder_);
}

Result<std::optional<std::uint64_t>> GitReader::last_seq() {
    const auto id = tip();
    if (!id) return id.error();
    if (!*id) return std::optional<std::uint64_t>();
    const auto read = read_commit(objects_.get(), **id, nullptr);
    if (!read) return read.error();
    // A record whose commit was changed still tells roughly how many there are.
    return read->record.id.empty() ? std::optional<std::uint64_t>() : std::optional(read->record.seq);
}

Result<std::vector<git_oid>> GitReader::newest_first(std::uint64_t count_max) const {
    std::vector<git_oid> ids;
    auto id = tip();
    if (!id) return id.error();
    while (*id && ids.size() < count_max) {
        const Object commit = read_object(objects_.get(), **id, GIT_OBJECT_COMMIT);
        if (!commit)
            return error(Code::DataLoss, "history is not whole: commit " + short_hex(**id) + " is missing or damaged",
                         "a clone must have all of it (no --depth)", folder_);
        ids.push_back(**id);
        const auto parents = parents_of(bytes_of(commit));
        *id = parents.empty() ? std::nullopt : std::optional(parents.front());
    }
    return ids;
}

Result<void> GitReader::scan(std::uint64_t from_seq, const Visitor& visit) {
    std::uint64_t count_max = std::numeric_limits<std::uint64_t>::max();
    if (from_seq > 0) {
        const auto last = last_seq();
        if (!last) return last.error();
        if (*last) count_max = **last < from_seq ? 0 : **last - from_seq + 1;
    }
    const auto ids = newest_first(count_max);
    if (!ids) return ids.error();
    for (auto id = ids->rbegin(); id != ids->rend(); ++id) {
        const auto read = read_commit(objects_.get(), *id, sha256_);
        if (!read) return read.error();
        if (!visit(ports::FoundRecord{read->record, read->complaint})) return {};
    }
    return {};
}

}  // namespace helix::ledger_git
