#include "service/app/outbox_wiring.hpp"

#include <array>
#include <random>

#include <unistd.h>

#include "adapters/event_sender/http_event_sender.hpp"

namespace helix::app {
namespace {

std::string origin_of(const config::Config& config) {
    if (!config.origin.empty()) return config.origin;
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "helix://localhost";
    return std::string("helix://") + name.data();
}

Result<std::unique_ptr<event_sender::HttpEventSender>> sender_of(const config::OutboxConfig& config) {
    event_sender::Receiver receiver;
    receiver.url = config.url;
    receiver.token_file = config.token_file;
    receiver.allow_plain = config.allow_http;
    receiver.timeout = std::chrono::seconds(config.timeout_s);
    if (!config.ca_file.empty()) {
        auto pem = config::read_file(config.ca_file);
        if (!pem) return error(Code::InvalidArgument, pem.error().message, pem.error().mend, config.line + ".ca_file");
        receiver.ca_pem = *std::move(pem);
    }
    auto sender = event_sender::HttpEventSender::open(std::move(receiver));
    if (sender) return sender;
    Error why = std::move(sender).error();
    why.message = "outbox \"" + config.name + "\": " + why.message;
    why.where = config.line + "." + why.where;
    return why;
}

usecases::Destination destination_of(const config::OutboxConfig& config, const std::string& address) {
    usecases::Destination destination{config.name, address, config.types, config.from == "beginning", {}};
    destination.rules.attempts_max = static_cast<int>(config.attempts_max);
    return destination;
}

}  // namespace

Result<std::unique_ptr<OutboxWiring>> OutboxWiring::make(const config::Config& config,
                                                         std::unique_ptr<ports::OutboxStore> store,
                                                         const Ports& ports) {
    std::unique_ptr<OutboxWiring> wiring(new OutboxWiring(std::move(store)));
    for (const config::OutboxConfig& one : config.outbox) {
        auto sender = sender_of(one);
        if (!sender) return std::move(sender).error();
        auto draw = [engine = std::mt19937_64(std::random_device{}())]() mutable {
            return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
        };
        wiring->outboxes_.push_back(std::make_unique<usecases::Outbox>(
            destination_of(one, (*sender)->address()),
            usecases::Outbox::Ports{ports.ledger, *wiring->store_, ports.leases, **sender, ports.clock, std::move(draw),
                                    origin_of(config), ports.holder}));
        wiring->senders_.push_back(*std::move(sender));
    }
    return wiring;
}

}  // namespace helix::app
