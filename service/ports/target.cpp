#include "service/ports/target.hpp"

namespace helix::ports {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::Applied:
            return "applied";
        case Outcome::NotApplied:
            return "not-applied";
        case Outcome::Unknown:
            return "unknown";
    }
    return "unknown";
}

}  // namespace helix::ports
