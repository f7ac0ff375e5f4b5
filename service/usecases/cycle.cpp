#include "service/usecases/cycle.hpp"

#include <algorithm>
#include <array>

namespace helix::usecases {

std::string_view to_string(StepState state) {
    constexpr std::array<std::string_view, 6> kNames = {"done",   "would-pass", "blocked",
                                                        "failed", "unknown",    "not-reached"};
    return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(LinkState state) {
    constexpr std::array<std::string_view, 5> kNames = {"idle", "done", "blocked", "failed", "not-reached"};
    return kNames[static_cast<std::size_t>(state)];
}

const Step* Cycle::deciding() const {
    const auto found = std::find_if(steps.begin(), steps.end(), [](const Step& step) {
        return step.state != StepState::Done && step.state != StepState::WouldPass;
    });
    if (found != steps.end()) return &*found;
    return steps.empty() ? nullptr : &steps.back();
}

StepState Cycle::outcome() const {
    const Step* step = deciding();
    return step == nullptr ? StepState::NotReached : step->state;
}

}  // namespace helix::usecases
