#include "domain/core/result.hpp"

namespace helix {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::InvalidArgument:
            return "invalid-argument";
        case Code::NotFound:
            return "not-found";
        case Code::AlreadyExists:
            return "already-exists";
        case Code::Unauthenticated:
            return "unauthenticated";
        case Code::PermissionDenied:
            return "permission-denied";
        case Code::Conflict:
            return "conflict";
        case Code::PreconditionFailed:
            return "precondition-failed";
        case Code::Blocked:
            return "blocked";
        case Code::ResourceExhausted:
            return "resource-exhausted";
        case Code::Unavailable:
            return "unavailable";
        case Code::DeadlineExceeded:
            return "deadline-exceeded";
        case Code::UnknownOutcome:
            return "unknown-outcome";
        case Code::Unimplemented:
            return "unimplemented";
        case Code::DataLoss:
            return "data-loss";
        case Code::Internal:
            return "internal";
    }
    return "internal";
}

}  // namespace helix
