#include "adapters/docker/engine.hpp"

#include <charconv>
#include <future>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/wire/timestamps.hpp"

namespace helix::docker {
namespace {

using http2_client::Method;
using http2_client::Request;
using http2_client::Response;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kReadTime{10'000};
constexpr milliseconds kChangeTime{30'000};
constexpr std::size_t kContainerBytesMax = 1U << 20U;
/// Requests side by side, and the stream of events.
constexpr std::size_t kConnections = 4;
/// {"type":["container"],"event":["create","start","die","destroy","rename","update","pause","unpause"]}: health checks
/// make many others.
constexpr const char* kEventsFilter =
    "&filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%2C%22start%22%2C%22die%22%2C"
    "%22destroy%22%2C%22rename%22%2C%22update%22%2C%22pause%22%2C%22unpause%22%5D%7D";

/// "1.41" as 1041; 0: not such a text.
int version_number(const std::string& text) {
    const std::size_t dot = text.find('.');
    int major = 0;
    int minor = 0;
    if (dot == std::string::npos) return 0;
    const char* const begin = text.data();
    if (std::from_chars(begin, begin + dot, major).ec != std::errc{}) return 0;
    if (std::from_chars(begin + dot + 1, begin + text.size(), minor).ec != std::errc{}) return 0;
    return major * 1000 + minor;
}

std::string message_of(const Response& response) {
    const json body = json::parse(response.body, nullptr, false);
    if (body.is_object() && body.contains("message") && body["message"].is_string())
        return body["message"].get<std::string>().substr(0, 1000);
    return "HTTP " + std::to_string(response.status);
}

/// The engine answers itself, there is no proxy between: whatever it says was decided by it.
Error refusal(const Response& response) {
    const std::string what = "docker: " + message_of(response);
    switch (response.status) {
        case 400:
            return error(Code::InvalidArgument, what, "see the container's manifest");
        case 404:
            return error(Code::NotFound, what, "see docker ps -a and docker images on the host");
        case 409:
            return error(Code::Conflict, what, "look at the container, then ask again");
        default:
            return error(Code::Unavailable, what, "see the engine's log on the host");
    }
}

Result<json> body_of(const Result<Response>& response) {
    if (!response) return response.error();
    if (response->status < 200 || response->status > 299) return refusal(*response);
    json value = json::parse(response->body, nullptr, false);
    if (value.is_discarded())
        return error(Code::DataLoss, "the Docker engine's answer is no JSON", "is it a Docker engine?");
    return value;
}

std::string member(const json& value, const char* name) {
    const auto found = value.is_object() ? value.find(name) : value.end();
    return value.is_object() && found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t amount(const json& value, const char* name) {
    const auto found = value.is_object() ? value.find(name) : value.end();
    return value.is_object() && found != value.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

/// The events that lines of JSON tell, piece by piece.
class Lines {
public:
    explicit Lines(std::function<void(const std::string&)> on_event) : on_event_(std::move(on_event)) {}

    /// False: what comes is no stream of events.
    bool take(std::string_view bytes) {
        constexpr std::size_t kLineMost = 1U << 20U;
        rest_.append(bytes);
        for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
            const json event = json::parse(rest_.substr(0, end), nullptr, false);
            rest_.erase(0, end + 1);
            if (!event.is_object()) return false;
            const auto actor = event.find("Actor");
            on_event_(actor != event.end() ? member(*actor, "ID") : std::string());
        }
        return rest_.size() <= kLineMost;
    }

private:
    const std::function<void(const std::string&)> on_event_;
    std::string rest_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(std::string local_socket) {
    endpoint::Endpoint endpoint;
    endpoint.server_url = "http://127.0.0.1";  // only the Host header shows it
    http2_client::ChannelOptions options;
    options.max_connections = kConnections;
    options.multiplex = false;
    options.local_socket = std::move(local_socket);
    auto channel = http2_client::Channel::open(std::move(endpoint),
                                               std::make_shared<endpoint::ConstantCredential>(endpoint::Credential{}),
                                               std::move(options));
    if (!channel) return std::move(channel).error();
    return std::unique_ptr<Engine>(new Engine(*std::move(channel)));
}

std::string Engine::path(const std::string& rest) const {
    const std::lock_guard lock(mutex_);
    return "/v" + api_version_ + rest;
}

Request Engine::get(const std::string& rest) const {
    Request request;
    request.path = path(rest);
    request.timeout = kReadTime;
    return request;
}

Result<Response> Engine::call(Request request) {
    ++requests_;
    return channel_->call(std::move(request));
}

Result<EngineInfo> Engine::info() {
    Request ask;
    ask.path = "/version";
    ask.timeout = kReadTime;
    const auto version = body_of(call(std::move(ask)));
    if (!version) return version.error();
    EngineInfo info;
    info.version = member(*version, "Version");
    const int newest = version_number(member(*version, "ApiVersion"));
    const std::string oldest = member(*version, "MinAPIVersion");
    if (newest < version_number(kApiLeast))
        return error(Code::Unimplemented, "Docker engine " + info.version + " speaks an API older than " + kApiLeast,
                     "helix needs Docker 20.10 or later on the host");
    info.api_version = version_number(oldest) > version_number(kApiLeast) ? oldest : kApiLeast;
    {
        const std::lock_guard lock(mutex_);
        api_version_ = info.api_version;
    }
    const auto host = body_of(call(get("/info")));
    if (!host) return host.error();
    info.memory_total = amount(*host, "MemTotal");
    info.cpus = amount(*host, "NCPU");
    const auto now = wire::from_rfc3339(member(*host, "SystemTime"));
    if (!now) return error(Code::DataLoss, "the Docker engine does not say what time it is");
    info.now_s = *now / 1'000'000;
    return info;
}

Result<std::vector<Listed>> Engine::list() {
    const auto body = body_of(call(get("/containers/json?all=true")));
    if (!body) return body.error();
    return listing_from_json(*body);
}

Result<Container> Engine::inspect(const std::string& id_or_name) {
    Request request = get("/containers/" + id_or_name + "/json");
    request.body_bytes_max = kContainerBytesMax;
    const auto body = body_of(call(std::move(request)));
    if (!body) return body.error();
    auto container = container_from_json(*body);
    // Docker takes the beginning of an id for a name, too.
    if (container && container->id != id_or_name && container->name != id_or_name)
        return error(Code::NotFound, "docker: no such container: " + id_or_name);
    return container;
}

std::vector<Result<std::int64_t>> Engine::memory_of(const std::vector<std::string>& ids) {
    std::vector<std::promise<Result<Response>>> answers(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ++requests_;
        Request request = get("/containers/" + ids[i] + "/stats?stream=false&one-shot=true");
        request.body_bytes_max = kContainerBytesMax;
        const auto ticket = channel_->submit(std::move(request), [&answer = answers[i]](Result<Response> response) {
            answer.set_value(std::move(response));
        });
        if (ticket == 0) answers[i].set_value(error(Code::Unavailable, "channel closed"));
    }
    std::vector<Result<std::int64_t>> all;
    all.reserve(ids.size());
    for (auto& answer : answers) {
        const auto body = body_of(answer.get_future().get());
        all.push_back(body ? memory_from_stats(*body) : Result<std::int64_t>(body.error()));
    }
    return all;
}

Result<void> Engine::change(const std::string& rest, const std::string& body, milliseconds timeout, Method method) {
    Request request;
    request.method = method;
    request.path = path(rest);
    request.timeout = timeout;
    if (!body.empty()) {
        request.content_type = "application/json";
        request.body = std::make_shared<const std::string>(body);
    }
    const auto response = call(std::move(request));
    if (!response) return response.error();
    const bool done = (response->status >= 200 && response->status <= 299) || response->status == 304;  // so already
    if (!done) return refusal(*response);
    return {};
}

Result<std::string> Engine::create(const std::string& name, const std::string& body) {
    Request request;
    request.method = Method::Post;
    request.path = path("/containers/create?name=" + name);
    request.content_type = "application/json";
    request.body = std::make_shared<const std::string>(body);
    request.timeout = kChangeTime;
    const auto response = call(std::move(request));
    const auto answer = body_of(response);
    if (answer && !member(*answer, "Id").empty()) return member(*answer, "Id");
    if (response && response->status >= 200 && response->status <= 299)
        return error(Code::UnknownOutcome, "docker made a container and does not say which");
    return answer.error();
}

Result<void> Engine::start(const std::string& id) {
    return change("/containers/" + id + "/start", "", kChangeTime);
}

Result<void> Engine::stop(const std::string& id, std::optional<std::int64_t> grace_s) {
    const std::int64_t grace = grace_s.value_or(kGraceUsual_s);
    return change("/containers/" + id + "/stop?t=" + std::to_string(grace), "",
                  kChangeTime + std::chrono::seconds(grace));
}

Result<void> Engine::restart(const std::string& id, std::optional<std::int64_t> grace_s) {
    const std::int64_t grace = grace_s.value_or(kGraceUsual_s);
    return change("/containers/" + id + "/restart?t=" + std::to_string(grace), "",
                  kChangeTime + std::chrono::seconds(grace));
}

Result<void> Engine::set_memory(const std::string& id, std::int64_t bytes) {
    const json body = {{"Memory", bytes}, {"MemorySwap", bytes}};
    return change("/containers/" + id + "/update", body.dump(), kChangeTime);
}

Result<void> Engine::remove(const std::string& id) {
    return change("/containers/" + id + "?force=true", "", kChangeTime, Method::Delete);
}

void Engine::follow(std::int64_t since_s, std::function<void(const std::string& id)> on_event,
                    std::function<void()> on_end) {
    ++requests_;
    Request request = get("/events?since=" + std::to_string(since_s) + kEventsFilter);
    request.timeout = milliseconds{0};  // it ends with its connection
    const auto lines = std::make_shared<Lines>(std::move(on_event));
    const auto ended = std::make_shared<std::function<void()>>(std::move(on_end));
    const auto ticket = channel_->open_stream(
        std::move(request), [lines](std::string_view bytes) { return lines->take(bytes); },
        [ended](const Result<Response>&) { (*ended)(); });
    if (ticket == 0) (*ended)();
}

}  // namespace helix::docker
