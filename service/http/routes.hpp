#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/http/auth.hpp"
#include "service/http/engine/server.hpp"
#include "service/http/engine/stream_hub.hpp"
#include "service/http/hub_bus.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"
#include "service/usecases/answer_once.hpp"
#include "service/usecases/court/court.hpp"
#include "service/usecases/notary.hpp"
#include "service/usecases/outbox.hpp"
#include "service/usecases/run_cycle.hpp"
#include "service/usecases/views.hpp"

namespace helix::http {

/// A dependency as /readyz names it.
struct HealthCheck {
    std::string name;
    bool ok = false;
    std::string detail;
};

/// What a body of alerts held.
struct AlertBatch {
    std::vector<trial::FalcoAlert> alerts;
    std::vector<Error> refused;  ///< those that cannot be read
};

using Courts = std::vector<std::unique_ptr<court::Court>>;

/// Everything the routes call. All of it outlives the server.
struct Context {
    usecases::Targets& targets;
    usecases::RunCycle& helix;
    const usecases::Views& views;
    ports::LedgerStore& ledger;
    usecases::LedgerWriter& writer;
    const usecases::Notary& notary;
    http_engine::StreamHub& hub;
    HubBus& bus;
    const Authorizer& authorizer;
    usecases::AnswerOnce& once;
    ledger::Sha256 sha256;
    /// Calls its argument with the events that describe the state now, while nothing newer is published.
    std::function<void(const std::function<void(const std::vector<ports::Event>&)>&)> snapshot;
    std::function<std::vector<HealthCheck>()> health;
    std::function<std::string()> metrics;
    const usecases::Outboxes* outboxes = nullptr;  ///< destinations of outgoing events; nullptr: none
    std::function<void()> poke_outboxes = {};      ///< there is something to send
    ports::TreeStore* kept_nodes = nullptr;        ///< of the ledger's Merkle tree
    const Courts* courts = nullptr;                ///< nullptr or empty: no trials are held
    std::function<void()> poke_courts = {};        ///< alerts have come
    /// Reads a body of Falco's; the second argument is the time now, in microseconds since 1970.
    std::function<Result<AlertBatch>(std::string_view, std::int64_t)> read_alerts = {};
    const ports::Clock* clock = nullptr;
};

/// The courts that `target` means: all when it is empty. Errors: NotFound when there are none.
Result<std::vector<court::Court*>> courts_of(const Context& context, const std::string& target);

/// openapi/helix.yaml, group by group. Call before the server starts.
void route_cycles(http_engine::Server& server, Context& context);         ///< tag helix
void route_targets(http_engine::Server& server, Context& context);        ///< tag read
void route_ledger(http_engine::Server& server, Context& context);         ///< tag ledger
void route_ledger_proofs(http_engine::Server& server, Context& context);  ///< tag ledger, what a stranger checks
void route_bus(http_engine::Server& server, Context& context);            ///< tag bus
void route_outbox(http_engine::Server& server, Context& context);         ///< tag bus: events out
void route_trials(http_engine::Server& server, Context& context);         ///< tag trials
void route_evidence(http_engine::Server& server, Context& context);       ///< tag trials: what gates send
void route_service(http_engine::Server& server, Context& context);        ///< tag service

inline void route_all(http_engine::Server& server, Context& context) {
    route_cycles(server, context);
    route_targets(server, context);
    route_ledger_proofs(server, context);  // before what takes any name for a seq
    route_ledger(server, context);
    route_bus(server, context);
    route_outbox(server, context);
    route_trials(server, context);
    route_evidence(server, context);
    route_service(server, context);
}

}  // namespace helix::http
