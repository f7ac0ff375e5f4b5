#include "service/cli/exit_codes.hpp"

#include <array>
#include <utility>

namespace helix::cli {

Exit exit_of_problem(int status, std::string_view type) {
    if (type == "gate-break" || type == "stale-metrics") return Exit::Break;
    if (type == "idempotency-in-progress") return Exit::Unavailable;
    if (type == "deadline-exceeded") return Exit::Unavailable;  // no write was begun
    if (type == "data-loss") return Exit::Unverified;           // as when the same is found offline
    switch (status) {
        case 401:
        case 403:
            return Exit::Auth;
        case 404:
            return Exit::NotFound;
        case 429:
        case 503:
            return Exit::Unavailable;
        case 501:
            return Exit::Refused;
        case 502:
            return Exit::TargetRefused;
        case 504:
            return Exit::Unknown;
        default:
            break;
    }
    return status >= 400 && status < 500 ? Exit::Refused : Exit::Internal;
}

Exit exit_of(Code code) {
    switch (code) {
        case Code::InvalidArgument:
            return Exit::Usage;
        case Code::NotFound:
            return Exit::NotFound;
        case Code::Unauthenticated:
        case Code::PermissionDenied:
            return Exit::Auth;
        case Code::Blocked:
            return Exit::Break;
        case Code::ResourceExhausted:
        case Code::DeadlineExceeded:
        case Code::Unavailable:
            return Exit::Unavailable;
        case Code::UnknownOutcome:
            return Exit::Unknown;
        case Code::DataLoss:
            return Exit::Unverified;
        case Code::Unimplemented:
            return Exit::NewerFormat;
        case Code::AlreadyExists:
        case Code::Conflict:
        case Code::PreconditionFailed:
            return Exit::Refused;
        default:
            return Exit::Internal;
    }
}

Exit exit_of_fault(std::string_view fault_kind) {
    if (fault_kind == "other-tree") return Exit::OtherTree;
    if (fault_kind == "unknown-key" || fault_kind == "wrong-signature" || fault_kind == "unsigned")
        return Exit::WrongKey;
    if (fault_kind == "tree-node") return Exit::TreeNode;
    return fault_kind == "cut" ? Exit::Cut : Exit::Unverified;
}

std::string exit_codes_text() {
    constexpr std::array<std::pair<Exit, const char*>, 16> kMeanings{{
        {Exit::Done, "done; the gate says PASS; a ledger or certificate holds"},
        {Exit::Internal, "internal error, or an answer that cannot be read; `crds diff`: they differ"},
        {Exit::Usage, "the command line is wrong"},
        {Exit::Break, "BREAK: the gate said no, nothing was written (a plan may have begun: its receipt says so)"},
        {Exit::NotFound, "no such target, object, cycle or record"},
        {Exit::Refused, "refused: the input is not taken, or what is there changed meanwhile"},
        {Exit::TargetRefused, "the gate passed the write, the cluster refused it"},
        {Exit::Unavailable,
         "service, target or ledger is away, or busy; nothing was written; or stdout is full or closed"},
        {Exit::Unknown, "outcome unknown: the write may or may not have happened, or its receipt could not be shown"},
        {Exit::Auth, "no valid token, or its role does not allow this"},
        {Exit::Unverified,
         "verification failed: a record, ledger, proof or certificate was changed, is none, or lacks a part"},
        {Exit::OtherTree, "a proof or checkpoint of another tree: another ledger, or a rewritten history"},
        {Exit::WrongKey, "signed by a key that is not among those given, not by the key it names, or by nobody"},
        {Exit::NewerFormat, "a record or ledger of a newer format version: read it with a newer helix"},
        {Exit::Cut, "an export that ends in the middle of a record; what is before it holds"},
        {Exit::TreeNode, "the records hold, but not a node of the Merkle tree that is kept beside them"},
    }};
    std::string text = "Exit codes of helix:\n";
    for (const auto& [code, meaning] : kMeanings) {
        const std::string number = std::to_string(static_cast<int>(code));
        text += std::string(4 - number.size(), ' ') + number + "  " + meaning + "\n";
    }
    return text +
           "\nOf `trial verdict` and `trial status -w`: 0 ADMIT, 3 WATCH, 4 DENY, 5 not final; a trial that is not "
           "there is "
           "2,\na refusal 1, so that no failure looks like a verdict.\n";
}

}  // namespace helix::cli
