#pragma once

#include <map>
#include <string>

#include "service/ports/event_bus.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/targets.hpp"

namespace helix::usecases {

/// Puts what targets raise an alarm about into the ledger, each time it begins.
///
/// Thread safety: one thread.
class Alarms {
public:
    Alarms(const Targets& targets, LedgerWriter& ledger, ports::EventBus& bus)
        : targets_(targets), ledger_(ledger), bus_(bus) {}

    /// Looks at every target. What the ledger does not take is tried again with the next call.
    void look();

private:
    const Targets& targets_;
    LedgerWriter& ledger_;
    ports::EventBus& bus_;
    std::map<std::string, ports::Alarm> standing_;  // by target
};

}  // namespace helix::usecases
