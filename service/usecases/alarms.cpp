#include "service/usecases/alarms.hpp"

#include <nlohmann/json.hpp>

#include "service/usecases/cycle_json.hpp"

namespace helix::usecases {

void Alarms::look() {
    for (const auto& runtime : targets_.all()) {
        const ports::Target& target = runtime->target();
        const auto alarm = target.freshness().alarm;
        const auto standing = standing_.find(target.name());
        if (!alarm) {
            if (standing != standing_.end()) standing_.erase(standing);
            continue;
        }
        if (standing != standing_.end() && standing->second == *alarm) continue;
        const nlohmann::json body = {{"address", target.address()}, {"detail", alarm->detail}};
        auto record = ledger_.append(alarm->kind, target.name(), "helix",
                                     body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        if (!record) continue;
        standing_.insert_or_assign(target.name(), *alarm);
        bus_.publish({"ledger.record", record->target, record_summary(*record), record->id});
    }
}

}  // namespace helix::usecases
