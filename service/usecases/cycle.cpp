#include "service/usecases/cycle.hpp"

#include <algorithm>
#include <array>

namespace helix::usecases {
namespace {

using gate::Link;

LinkState link_state(const Step& step) {
    switch (step.state) {
        case StepState::Done:
            return LinkState::Done;
        case StepState::Blocked:
        case StepState::NotReached:
        case StepState::WouldPass:
            return LinkState::NotReached;
        case StepState::Failed:
        case StepState::Partly:
        case StepState::Unknown:
            return LinkState::Failed;
    }
    return LinkState::Idle;
}

}  // namespace

std::string_view to_string(StepState state) {
    constexpr std::array<std::string_view, 7> kNames = {"done",   "would-pass", "blocked",    "failed",
                                                        "partly", "unknown",    "not-reached"};
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

bool is_intended(const Cycle& cycle) {
    return std::any_of(cycle.steps.begin(), cycle.steps.end(),
                       [](const Step& step) { return step.intent_seq.has_value() || step.intent_unsure; });
}

int turns_of(const std::vector<gate::Action>& actions) {
    int turns = 1;
    for (std::size_t i = 1; i < actions.size(); ++i)
        if (gate::link_of(actions[i].verb) < gate::link_of(actions[i - 1].verb)) ++turns;
    return turns;
}

std::vector<LinkTrace> trace(const Cycle& cycle) {
    std::vector<LinkTrace> links;
    std::size_t step = 0;
    while (step < cycle.steps.size()) {
        std::size_t end = step + 1;
        while (end < cycle.steps.size() &&
               gate::link_of(cycle.steps[end].action.verb) >= gate::link_of(cycle.steps[end - 1].action.verb))
            ++end;
        const auto first = cycle.steps.begin() + static_cast<std::ptrdiff_t>(step);
        const auto last = cycle.steps.begin() + static_cast<std::ptrdiff_t>(end);
        const bool judged = std::any_of(
            first, last, [](const Step& s) { return s.verdict.has_value() || !s.recorded_verdict.empty(); });
        const bool blocked = std::any_of(first, last, [](const Step& s) { return s.state == StepState::Blocked; });
        const bool wrote = std::any_of(first, last, [](const Step& s) { return s.result.has_value(); });
        const LinkState gate_state = !judged ? LinkState::NotReached : blocked ? LinkState::Blocked : LinkState::Done;
        links.push_back({Link::Gate, gate_state, 0});
        links.push_back({Link::Reason, gate_state, 0});
        for (const Link link : {Link::Create, Link::Read, Link::Update, Link::Delete}) {
            LinkState state = link == Link::Read && wrote ? LinkState::Done : LinkState::Idle;
            for (auto at = first; at != last; ++at)
                if (gate::link_of(at->action.verb) == link) state = std::max(state, link_state(*at));
            links.push_back({link, state, 0});
        }
        links.push_back({Link::Gate, wrote ? LinkState::Done : LinkState::NotReached, 0});
        step = end;
    }
    return links;
}

StepState state_of(ports::Outcome outcome) {
    switch (outcome) {
        case ports::Outcome::Applied:
            return StepState::Done;
        case ports::Outcome::NotApplied:
            return StepState::Failed;
        case ports::Outcome::Partly:
            return StepState::Partly;
        case ports::Outcome::Unknown:
            return StepState::Unknown;
    }
    return StepState::Unknown;
}

std::string step_mark(const Cycle& cycle, std::size_t index) {
    return cycle.id + "#" + std::to_string(index);
}

std::string cycle_name(const std::string& cycle_id) {
    return "cycle:" + cycle_id;
}

std::string idempotency_name(const std::string& actor, const std::string& key) {
    return "idempotency:" + actor + "\n" + key;
}

std::string asked_name(const std::string& actor, const std::string& key) {
    return "asked:" + actor + "\n" + key;
}

std::string intent_name(const std::string& mark) {
    return "intent:" + mark;
}

}  // namespace helix::usecases
