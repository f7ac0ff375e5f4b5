#include "service/http/engine/server.hpp"

#include <exception>
#include <regex>
#include <utility>

#include <unistd.h>

#include "service/http/engine/listener.hpp"
#include "service/http/engine/response_stream.hpp"

namespace helix::http_engine {
namespace {

/// The request that this thread serves just now.
struct Serving {
    TakeOver take;
};

thread_local Serving* current = nullptr;

}  // namespace

Result<void> take_over_connection(TakeOver take) {
    if (current == nullptr) return error(Code::PreconditionFailed, "no request is being served by this thread");
    current->take = std::move(take);
    return {};
}

Server::Server(ServerOptions options) : options_(std::move(options)) {
    payload_max_length_ = options_.body_bytes_max;
    keep_alive_timeout_sec_ = std::chrono::duration_cast<std::chrono::seconds>(options_.idle_limit).count();
    keep_alive_max_count_ = options_.requests_per_connection_max;
    // httplib's default puts the exception's text into a header of the answer.
    set_exception_handler([](const httplib::Request&, httplib::Response& res, const std::exception_ptr&) {
        res.status = 500;
        res.set_content(R"({"type":"https://helix.eose.ca/problems/internal","title":"Our own mistake","status":500})"
                        "\n",
                        "application/problem+json");
    });
}

Server::~Server() {
    stop();
}

Server& Server::Get(const std::string& pattern, Handler handler) {
    routes_.push_back({"GET", pattern});
    httplib::Server::Get(pattern, std::move(handler));
    return *this;
}

Server& Server::Post(const std::string& pattern, Handler handler) {
    routes_.push_back({"POST", pattern});
    httplib::Server::Post(pattern, std::move(handler));
    return *this;
}

Server& Server::Put(const std::string& pattern, Handler handler) {
    routes_.push_back({"PUT", pattern});
    httplib::Server::Put(pattern, std::move(handler));
    return *this;
}

Server& Server::Delete(const std::string& pattern, Handler handler) {
    routes_.push_back({"DELETE", pattern});
    httplib::Server::Delete(pattern, std::move(handler));
    return *this;
}

std::string Server::methods_at(const std::string& path) const {
    std::string methods;
    for (const Route& route : routes_) {
        if (!std::regex_match(path, std::regex(route.pattern))) continue;
        if (methods.find(route.method) != std::string::npos) continue;
        methods += (methods.empty() ? "" : ", ") + std::string(route.method == "GET" ? "GET, HEAD" : route.method);
    }
    return methods;
}

Result<int> Server::start(const std::string& host, int port) {
    if (parker_) return error(Code::PreconditionFailed, "the server was started before");
    if (options_.tls) {
        auto tls = TlsContext::load(*options_.tls);
        if (!tls) return std::move(tls).error();
        tls_ = *std::move(tls);
    }
    const auto listener = listen_on(host, port, options_.backlog);
    if (!listener) return listener.error();
    parker_ = std::make_unique<Parker>(options_, counters_, tls_.get(),
                                       [this](Connection& connection) { return pool_->submit(connection); });
    pool_ = std::make_unique<WorkerPool>(options_.workers, options_.queue_max,
                                         [this](Connection& connection) { serve(connection); });
    port_ = listener->port;
    svr_sock_ = listener->fd;  // httplib takes an invalid one for "shutting down" while it writes
    if (auto started = parker_->start(listener->fd); !started) {
        stop();
        return std::move(started).error();
    }
    return port_;
}

void Server::stop() {
    if (!parker_ || !pool_) return;
    parker_->stop();
    svr_sock_ = INVALID_SOCKET;  // content providers that still run end now
    pool_->join();
}

Result<void> Server::reload_certificate() {
    if (!tls_) return error(Code::PreconditionFailed, "this server does not serve TLS");
    return tls_->reload();
}

void Server::serve(Connection& connection) {
    const bool is_head = connection.head.is_head;
    const bool close = !connection.head.keep_alive || parker_->stopping() ||
                       connection.requests >= options_.requests_per_connection_max;
    ResponseStream stream(connection, options_);
    Serving serving;
    current = &serving;
    bool answered = false;
    try {
        bool closed_by_client = false;  // the loop has decided that already, by stricter reading
        answered = process_request(stream, close, closed_by_client,
                                   [&](httplib::Request& request) { request.ssl = connection.channel.ssl(); });
    } catch (const std::exception&) {
        answered = false;  // from an error, routing or logging hook; a handler's own are answered by 500
    }
    current = nullptr;
    counters_.count_status(stream.status());
    if (stream.stalled()) counters_.slow_readers.fetch_add(1, std::memory_order_relaxed);

    if (serving.take && answered && !stream.broken() && !is_head) {
        std::string unsent = connection.out.substr(connection.out_sent);
        counters_.in_flight.fetch_sub(1, std::memory_order_relaxed);
        return serving.take(parker_->detach(connection), std::move(unsent));
    }
    if (!answered || stream.broken()) connection.out.clear(), connection.out_sent = 0;
    parker_->resume(connection, close || !answered || stream.broken());
}

}  // namespace helix::http_engine
