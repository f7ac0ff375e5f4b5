#include "domain/trial/evidence.hpp"

namespace helix::trial {

std::string_view to_string(EvidenceState state) {
    switch (state) {
        case EvidenceState::NotInstalled:
            return "NOT_INSTALLED";
        case EvidenceState::Unreadable:
            return "UNREADABLE";
        case EvidenceState::NotCovering:
            return "NOT_COVERING";
        case EvidenceState::Pending:
            return "PENDING";
        case EvidenceState::Stale:
            return "STALE";
        case EvidenceState::Partial:
            return "PARTIAL";
        case EvidenceState::Truncated:
            return "TRUNCATED";
        case EvidenceState::Clean:
            return "CLEAN";
        case EvidenceState::Violations:
            return "VIOLATIONS";
    }
    return "PENDING";
}

}  // namespace helix::trial
