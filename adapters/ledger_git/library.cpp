#include "adapters/ledger_git/library.hpp"

#include <array>

namespace helix::ledger_git {

Library::Library() {
    git_libgit2_init();
    for (const int level :
         {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA})
        git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
}

Library::~Library() {
    git_libgit2_shutdown();
}

Error last_error(std::string_view doing, const std::string& path) {
    const git_error* said = git_error_last();
    const std::string message =
        std::string(doing) + ": " + (said != nullptr && said->message != nullptr ? said->message : "git failed");
    switch (said != nullptr ? said->klass : GIT_ERROR_NONE) {
        case GIT_ERROR_NOMEMORY:
            return error(Code::ResourceExhausted, message, "", path);
        case GIT_ERROR_OS:
            return error(Code::Unavailable, message, "check that the folder may be read and written, and has room",
                         path);
        case GIT_ERROR_REPOSITORY:
            return error(Code::InvalidArgument, message, "name a git repository", path);
        case GIT_ERROR_ODB:
        case GIT_ERROR_ZLIB:
        case GIT_ERROR_OBJECT:
        case GIT_ERROR_INDEXER:
            return error(Code::DataLoss, message, "see `git fsck`, and export into a new folder", path);
        default:
            return error(Code::Internal, message, "", path);
    }
}

std::string hex(const git_oid& id) {
    std::array<char, GIT_OID_HEXSZ + 1> text{};
    return git_oid_tostr(text.data(), text.size(), &id);
}

}  // namespace helix::ledger_git
