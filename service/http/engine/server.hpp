#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <httplib.h>

#include "domain/core/result.hpp"
#include "service/http/engine/channel.hpp"
#include "service/http/engine/counters.hpp"
#include "service/http/engine/options.hpp"
#include "service/http/engine/parker.hpp"
#include "service/http/engine/tls_context.hpp"
#include "service/http/engine/worker_pool.hpp"

namespace helix::http_engine {

/// An HTTP/1.1 server, plain or TLS, whose handlers are httplib's (`Get`, `Post`, ...), but whose sockets are not.
///
/// httplib gives a thread to every connection and buffers an endless header; so here an event loop (Parker) reads each
/// request whole, within the bounds of ServerOptions, and only then a worker lets httplib parse, route and answer it
/// from memory. Idle connections, slow senders and slow readers of answers up to `response_bytes_max` hold no worker.
/// What httplib would read unsafely never reaches it: see RequestHead::canonical. Consequences for handlers: `Range` is
/// never served, compressed or multipart request bodies are answered 415, `remote_addr` cannot be forged by a header.
///
/// Set handlers before start(). Threads: handlers run in workers, concurrently; start(), stop() and the destructor from
/// one thread, everything else from any.
class Server : public httplib::Server {
public:
    explicit Server(ServerOptions options = {});
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// A route as it was registered.
    struct Route {
        std::string method;
        std::string pattern;  ///< a regular expression for the whole path
    };

    // As httplib's, and kept for routes() and methods_at().
    Server& Get(const std::string& pattern, Handler handler);
    Server& Post(const std::string& pattern, Handler handler);
    Server& Put(const std::string& pattern, Handler handler);
    Server& Delete(const std::string& pattern, Handler handler);

    /// Every route, in the order in which they are tried. Threads: any, once started.
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

    /// The methods served at `path`, for the header Allow ("GET, HEAD"); empty when there are none. Threads: as routes.
    [[nodiscard]] std::string methods_at(const std::string& path) const;

    /// Listens and serves in threads of its own; returns the real port (`port` 0 asks for any). Once per object.
    /// Errors: InvalidArgument for an address or TLS file, Unavailable when the port is taken, PreconditionFailed when
    /// started before.
    Result<int> start(const std::string& host, int port);

    /// Stops accepting, finishes the requests in flight within `stop_limit`, closes everything and joins the threads.
    /// Returns later than that only when a handler itself does. Safe to call twice.
    void stop();

    /// Reads certificate, key and CA again for new connections; the old ones stay when this fails.
    /// Errors: as TlsContext::load(); PreconditionFailed when not serving TLS.
    Result<void> reload_certificate();

    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] bool is_running() const { return parker_ != nullptr && !parker_->stopping(); }
    [[nodiscard]] ServerStats stats() const { return counters_.snapshot(); }

    // httplib's own loops are not used.
    bool bind_to_port(const std::string&, int, int = 0) = delete;
    int bind_to_any_port(const std::string&, int = 0) = delete;
    bool listen_after_bind() = delete;
    bool listen(const std::string&, int, int = 0) = delete;

private:
    void serve(Connection& connection);

    const ServerOptions options_;
    std::vector<Route> routes_;
    Counters counters_;
    std::unique_ptr<TlsContext> tls_;
    std::unique_ptr<WorkerPool> pool_;
    std::unique_ptr<Parker> parker_;
    int port_ = 0;
};

/// Called with the socket and what of the response head is still to be written, in the worker's thread.
using TakeOver = std::function<void(Channel channel, std::string unsent)>;

/// Within a handler: after its answer the connection goes to `take` and no longer belongs to the server. The last call
/// counts; a HEAD request keeps its connection.
/// Errors: PreconditionFailed when this thread is not serving a request of an engine's Server.
Result<void> take_over_connection(TakeOver take);

}  // namespace helix::http_engine
