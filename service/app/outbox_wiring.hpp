#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/config/config.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/event_sender.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/outbox_store.hpp"
#include "service/reconcile/outbox_threads.hpp"
#include "service/usecases/outbox.hpp"

namespace helix::app {

/// The configured destinations of outgoing events, each with its connection and its thread.
///
/// Threads: start and stop from one; the rest from any. What it is given references of outlives it.
class OutboxWiring {
public:
    struct Ports {
        ports::LedgerStore& ledger;
        ports::LeaseStore& leases;
        const ports::Clock& clock;
        std::string holder;  ///< names this process to others on the same ledger
    };

    /// Errors: InvalidArgument naming the destination whose URL, token or authority cannot be used.
    static Result<std::unique_ptr<OutboxWiring>> make(const config::Config& config,
                                                      std::unique_ptr<ports::OutboxStore> store, const Ports& ports);

    /// Errors: those of the stores.
    Result<void> start() { return threads_.start(); }
    void poke() { threads_.poke(); }
    void stop() { threads_.stop(); }

    [[nodiscard]] const usecases::Outboxes& all() const { return outboxes_; }

private:
    explicit OutboxWiring(std::unique_ptr<ports::OutboxStore> store) : store_(std::move(store)), threads_(outboxes_) {}

    std::unique_ptr<ports::OutboxStore> store_;
    std::vector<std::unique_ptr<ports::EventSender>> senders_;
    usecases::Outboxes outboxes_;
    reconcile::OutboxThreads threads_;
};

}  // namespace helix::app
