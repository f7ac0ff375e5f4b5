#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "service/ports/ledger_store.hpp"
#include "service/usecases/ledger_writer.hpp"

namespace helix::usecases {

/// What became of one event that came in.
struct EventReceipt {
    std::string source;
    std::string id;
    ledger::Record record = {};  ///< the record of its first arrival
    bool duplicate = false;      ///< an event of this source and id was recorded before this one
};

/// What became of a batch: each receipt stands for a durable record, and nothing else was recorded.
struct ReceivedEvents {
    std::vector<EventReceipt> receipts;  ///< in the events' order; all of them unless `failure` is set
    std::optional<Error> failure = {};   ///< of the first that could not be recorded, or of which that is not known
};

/// Records `events` (CloudEvents as JSON, checked: `source` and `id` are there) as `event.received`, one record each.
///
/// An event's source and id are its record's name in the ledger, so it is recorded once, for ever, whoever else sends
/// it at the same time; an event sent again gets the receipt of the first. A batch shares its commits. When the store
/// fails midway the receipts say exactly what is recorded; sending everything again is safe. A name that leads to a
/// record of another event makes none a duplicate: it is the failure DataLoss.
/// Errors: when an event cannot be a record, naming its index in `where` as a JSON pointer (nothing was recorded then):
/// ResourceExhausted for one of over 1 MiB, InvalidArgument for a source and id of together over 4089 bytes.
Result<ReceivedEvents> receive_events(LedgerWriter& writer, ports::LedgerStore& store, const std::string& actor,
                                      const std::vector<nlohmann::json>& events);

}  // namespace helix::usecases
