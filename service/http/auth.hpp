#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::http {

/// What a caller may do; each role includes the ones before it.
enum class Role { Read, Propose, Act };

/// Who asks, and what that identity may do.
struct Caller {
    std::string name;
    Role role = Role::Read;
};

/// Bearer tokens by their hashes. Without any token (allowed on loopback only) everybody there is "local" and may act.
///
/// The file has one token a line, `name:role:sha256`, the role read, propose or act, the hash 64 lower-case hexadecimal
/// digits of the token's SHA-256; `#` begins a comment. Thread safety: const after construction.
class Authorizer {
public:
    Authorizer() = default;  // nobody needs a token

    /// Errors: InvalidArgument naming the line; `source` names the file in it.
    static Result<Authorizer> parse(std::string_view text, std::string_view source, ledger::Sha256 sha256);

    /// The caller of `request` when it may do what `needed` asks.
    /// Errors: Unauthenticated, PermissionDenied.
    [[nodiscard]] Result<Caller> authorize(const httplib::Request& request, Role needed) const;

    [[nodiscard]] bool open() const { return entries_.empty(); }

private:
    struct Entry {
        std::string name;
        Role role;
        ledger::Digest hash;
    };
    std::vector<Entry> entries_;
    ledger::Sha256 sha256_ = nullptr;
};

}  // namespace helix::http
