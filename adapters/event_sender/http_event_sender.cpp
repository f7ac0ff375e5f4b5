#include "adapters/event_sender/http_event_sender.hpp"

#include <ctime>
#include <future>
#include <utility>

#include "adapters/event_sender/token_file.hpp"
#include "adapters/http2_client/answer.hpp"
#include "adapters/http2_client/target.hpp"

namespace helix::event_sender {
namespace {

using http2_client::Response;

Error refused(const std::string& what, const std::string& mend) {
    return error(Code::InvalidArgument, what, mend, "url");
}

/// The URL's two parts: what names the server, and the path with its query.
std::pair<std::string, std::string> split(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return {url, "/"};
    const std::size_t path = url.find_first_of("/?#", scheme + 3);
    if (path == std::string::npos) return {url, "/"};
    return {url.substr(0, path), (url[path] == '/' ? "" : "/") + url.substr(path)};
}

ports::SendReply reply_of(const Result<Response>& answer) {
    if (!answer) return {0, 0, answer.error().message};
    ports::SendReply reply;
    reply.status = answer->status;
    reply.retry_after_s = http2_client::parse_retry_after(answer->retry_after, std::time(nullptr)).value_or(0);
    if (reply.status < 200 || reply.status > 299) reply.detail = "HTTP " + std::to_string(reply.status);
    if (reply.status >= 300 && reply.status <= 399) reply.detail += ": redirects are not followed";
    if (reply.status == 401 || reply.status == 403) reply.detail += ": check the token";
    return reply;
}

}  // namespace

Result<std::unique_ptr<HttpEventSender>> HttpEventSender::open(Receiver receiver) {
    auto [server, path] = split(receiver.url);
    if (!http2_client::well_formed_path(path))
        return refused("the URL's path is not well-formed", "percent-encode it, and leave out any fragment");
    if (receiver.allow_plain && server.starts_with("http:") && !receiver.token_file.empty())
        return refused("a token would travel in clear", "use https, or leave out the token");
    endpoint::Endpoint endpoint;
    endpoint.server_url = server;
    endpoint.ca_pem = std::move(receiver.ca_pem);
    endpoint.allow_plain = receiver.allow_plain;
    std::shared_ptr<endpoint::CredentialSource> credentials;
    if (receiver.token_file.empty()) {
        credentials = std::make_shared<endpoint::ConstantCredential>(endpoint::Credential{});
    } else {
        credentials = std::make_shared<TokenFile>(receiver.token_file);
        if (const auto readable = credentials->fetch({}); !readable)
            return error(Code::InvalidArgument, readable.error().message, readable.error().mend, "token_file");
    }
    http2_client::ChannelOptions options;
    options.max_connections = 1;
    options.connect_timeout = receiver.timeout;
    auto channel = http2_client::Channel::open(std::move(endpoint), std::move(credentials), options);
    if (!channel) {
        Error why = std::move(channel).error();
        why.where = "url";
        return why;
    }
    return std::unique_ptr<HttpEventSender>(
        new HttpEventSender(*std::move(channel), std::move(server), std::move(path), receiver.timeout));
}

ports::SendReply HttpEventSender::send(const std::string& event_json) {
    http2_client::Request request;
    request.method = http2_client::Method::Post;
    request.path = path_;
    request.content_type = "application/cloudevents+json; charset=utf-8";
    request.accept = "*/*";
    request.body = std::make_shared<const std::string>(event_json);
    request.timeout = timeout_;
    std::promise<Result<Response>> answered;
    auto answer = answered.get_future();
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return {0, 0, "stopped"};
        // As a stream, so that an answer of any length is read over instead of kept.
        under_way_ = channel_->open_stream(
            std::move(request), [](std::string_view) { return true; },
            [&answered](Result<Response> result) { answered.set_value(std::move(result)); });
        if (under_way_ == 0) return {0, 0, "stopped"};
    }
    const auto result = answer.get();
    const std::lock_guard lock(mutex_);
    under_way_ = 0;
    return reply_of(result);
}

void HttpEventSender::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (under_way_ != 0) channel_->cancel(under_way_);
}

}  // namespace helix::event_sender
