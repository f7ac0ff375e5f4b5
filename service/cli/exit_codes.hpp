#pragma once

#include <string>
#include <string_view>

#include "domain/core/result.hpp"

namespace helix::cli {

/// What the process answers to its caller; documented by `helix help exit-codes` and docs/cli.md.
enum class Exit : int {
    Done = 0,           ///< done, or the gate says PASS
    Internal = 1,       ///< our own mistake, or an answer that cannot be read
    Differs = 1,        ///< of a comparison, as `diff` answers
    Usage = 2,          ///< the command line is wrong
    Watch = 3,          ///< of a trial: WATCH
    Break = 3,          ///< the gate said no; nothing was written
    Deny = 4,           ///< of a trial: DENY
    NotFound = 4,       ///< no such target, object, cycle or record
    NotFinal = 5,       ///< of a trial: PENDING, or not final yet
    Refused = 5,        ///< the service refused the input, or the object changed meanwhile
    TargetRefused = 6,  ///< the gate passed it, the cluster refused it
    Unavailable = 7,    ///< service, target or ledger away, nothing was written; or stdout does not take the result
    Unknown = 8,        ///< the write may or may not have happened, or its receipt could not be shown
    Auth = 9,           ///< no valid token, or its role does not allow this
    Unverified = 10,    ///< a ledger or certificate does not hold
    OtherTree = 11,     ///< a proof or checkpoint is of another tree: another ledger, or a history that was rewritten
    WrongKey = 12,      ///< signed by a key that is not among those given, not by the key it names, or by nobody
    NewerFormat = 13,   ///< a record or ledger of a newer format version than this program knows
    Cut = 14,           ///< what is left holds, and ends in the middle of a record
    TreeNode = 15,      ///< the records hold; a node of the Merkle tree that is kept beside them does not
};

/// For an HTTP answer: `status`, and the problem's type without its prefix ("gate-break"; may be empty).
Exit exit_of_problem(int status, std::string_view type);

/// For a failure on our side of the wire.
Exit exit_of(Code code);

/// For what is wrong with a ledger or a proof, by its name in a report (ledger::name_of).
Exit exit_of_fault(std::string_view fault_kind);

/// The table that `helix help exit-codes` prints.
std::string exit_codes_text();

}  // namespace helix::cli
