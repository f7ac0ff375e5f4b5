#include "service/ports/target.hpp"

namespace helix::ports {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::Applied:
            return "applied";
        case Outcome::NotApplied:
            return "not-applied";
        case Outcome::Partly:
            return "partly-applied";
        case Outcome::Unknown:
            return "unknown";
    }
    return "unknown";
}

WriteResult Target::write(const gate::Action& action, const WriteContext& context) {
    auto before = look(action);
    if (before) return write(action, *before, context);
    WriteResult result;
    result.outcome = Outcome::NotApplied;
    result.detail = before.error().message;
    result.failure = std::move(before).error();
    return result;
}

}  // namespace helix::ports
