#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <git2.h>

#include "domain/core/result.hpp"

namespace helix::ledger_git {

/// Keeps libgit2 started. It is set up so that nothing of this machine's or user's git settings matters, nothing is
/// asked of who owns a folder (no hook and no setting of a repository is ever obeyed), and what is written is synced.
class Library {
public:
    Library();
    ~Library();
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
};

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const {
        Free(thing);
    }
};
using Repository = std::unique_ptr<git_repository, Freed<git_repository_free>>;
using ObjectStore = std::unique_ptr<git_odb, Freed<git_odb_free>>;
using Object = std::unique_ptr<git_odb_object, Freed<git_odb_object_free>>;
using Reference = std::unique_ptr<git_reference, Freed<git_reference_free>>;

/// What the library said last, as our error. The one place where its codes become ours.
Error last_error(std::string_view doing, const std::string& path);

/// 40 hexadecimal digits.
std::string hex(const git_oid& id);

}  // namespace helix::ledger_git
