#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "service/ports/event_bus.hpp"
#include "service/usecases/views.hpp"

namespace helix::reconcile {

/// Tells the bus what the targets look like: what changed since it last told, and everything on each tick.
///
/// Compares two states and never trusts an event: a missed change is told with the next call.
/// Thread safety: any method from any thread.
class Publisher {
public:
    Publisher(const usecases::Targets& targets, const usecases::Views& views, ports::EventBus& bus)
        : targets_(targets), views_(views), bus_(bus) {}

    /// Publishes `node.floor` for each unit that differs from what was last told, and `pod.count` when it changed.
    void publish_changes();

    /// Publishes every unit, the pod counts and the WPA scores.
    void publish_all();

    /// Calls `take` with the events that describe the state as last told, while nothing newer is published: what a new
    /// subscriber is sent first. Empty sets mean all.
    void snapshot(const std::function<void(const std::vector<ports::Event>&)>& take);

private:
    void publish(bool everything);

    const usecases::Targets& targets_;
    const usecases::Views& views_;
    ports::EventBus& bus_;

    std::mutex mutex_;
    std::map<std::string, ports::Event> told_;  // by type, target and subject
};

}  // namespace helix::reconcile
