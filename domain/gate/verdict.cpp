#include "domain/gate/verdict.hpp"

#include <array>

namespace helix::gate {

std::string_view to_string(Why why) {
    constexpr std::array<std::string_view, 14> kNames = {"neutral",
                                                         "safe",
                                                         "release",
                                                         "relief",
                                                         "floor-break",
                                                         "break-unit",
                                                         "relief-needs-reason",
                                                         "relief-off",
                                                         "unknown-memory",
                                                         "stale-metrics",
                                                         "unreadable-floor",
                                                         "unmodelled",
                                                         "engine-disagreement",
                                                         "engine-silent"};
    return kNames[static_cast<std::size_t>(why)];
}

std::string_view to_string(Position position) {
    constexpr std::array<std::string_view, 3> kNames = {"improves", "keeps", "worsens"};
    return kNames[static_cast<std::size_t>(position)];
}

std::string_view to_string(Origin origin) {
    constexpr std::array<std::string_view, 3> kNames = {"own", "pending", "reservation"};
    return kNames[static_cast<std::size_t>(origin)];
}

std::string_view to_string(Finding::Outcome outcome) {
    constexpr std::array<std::string_view, 3> kNames = {"holds", "breaks", "no-answer"};
    return kNames[static_cast<std::size_t>(outcome)];
}

}  // namespace helix::gate
