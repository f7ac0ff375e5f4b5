#include "adapters/kubernetes/api.hpp"

#include <chrono>

namespace helix::kubernetes {
namespace {

using http2_client::Method;
using http2_client::Request;
using http2_client::Response;

constexpr int kUnprocessable = 422;
constexpr std::chrono::milliseconds kReadTimeout{30'000};
constexpr std::chrono::milliseconds kWriteTimeout{35'000};  // the server's own limit is 34 s

/// A manifest whose fields have the wrong type is answered with 500 by server-side apply: surely nothing was stored.
bool is_untypable(const Response& response) {
    return response.status == 500 && response.body.find("failed to create typed patch object") != std::string::npos;
}

}  // namespace

Result<Response> Api::call(http2_client::Channel& channel, Request request) {
    ++requests_;
    const bool is_write = request.is_write();
    auto response = channel.call(std::move(request));
    if (!response) return response;
    if (is_untypable(*response)) response->status = kUnprocessable;
    return http2_client::accept(std::move(*response), is_write);
}

Result<Response> Api::get(const std::string& path) {
    Request request;
    request.path = path;
    request.timeout = kReadTimeout;
    auto answer = call(shared_, request);
    // A kept connection may have been closed while it was idle; asking once more opens another.
    const bool again = !answer && answer.error().code == Code::Unavailable && answer.error().retry_after_s == 0;
    return again ? call(shared_, std::move(request)) : std::move(answer);
}

Result<Response> Api::dry_run(const std::string& path_and_query, const Patch& patch) {
    Request request;
    request.method = Method::Patch;
    request.path = path_and_query;
    request.content_type = patch.content_type;
    request.body = std::make_shared<const std::string>(patch.body);
    request.timeout = kReadTimeout;
    request.changes_nothing = true;
    return call(shared_, std::move(request));
}

Result<Response> Api::write(Method method, const std::string& path_and_query, std::string content_type,
                            std::string body, bool changes) {
    Request request;
    request.method = method;
    request.path = path_and_query;
    request.content_type = std::move(content_type);
    request.body = std::make_shared<const std::string>(std::move(body));
    request.timeout = kWriteTimeout;
    return call(changes ? changes_ : shared_, std::move(request));
}

}  // namespace helix::kubernetes
