#include "tests/http2_client/peer_process.hpp"

#include <array>
#include <thread>

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace helix::http2_client::testing {
namespace {

std::size_t append(char* data, std::size_t size, std::size_t count, void* text) {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
}

std::string read_line(int fd) {
    std::string line;
    for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) line.push_back(c);
    return line;
}

}  // namespace

Peer::Peer(const std::vector<std::string>& arguments) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    std::vector<std::string> words{HELIX_HTTP2_PEER};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const int rc = ::posix_spawn(&pid_, HELIX_HTTP2_PEER, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    if (rc != 0) throw std::runtime_error("the peer could not be started");
    said_ = nlohmann::json::parse(read_line(out[0]));
    ::close(out[0]);
}

Peer::~Peer() {
    ::close(stdin_);
    ::waitpid(pid_, nullptr, 0);
}

std::string Peer::ask(const std::string& path) const {
    const std::string url = said_.at("control").get<std::string>() + path;
    std::string answer;
    CURL* const curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    const CURLcode rc = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (rc != CURLE_OK) throw std::runtime_error(curl_easy_strerror(rc));
    return answer;
}

int Peer::requests(const std::string& method_and_path) const {
    return stats().at("requests").value(method_and_path, 0);
}

std::shared_ptr<endpoint::CredentialSource> nobody() {
    return std::make_shared<endpoint::ConstantCredential>(endpoint::Credential{});
}

std::unique_ptr<Channel> channel_to(const Peer& peer, ChannelOptions options,
                                    std::shared_ptr<endpoint::CredentialSource> credentials) {
    auto channel = Channel::open(peer.endpoint(), std::move(credentials), options);
    if (!channel) throw std::runtime_error(channel.error().message);
    return *std::move(channel);
}

Request get(std::string path) {
    Request request;
    request.path = std::move(path);
    return request;
}

Request write(Method method, std::string path, std::string body) {
    Request request;
    request.method = method;
    request.path = std::move(path);
    request.content_type = "application/json";
    request.body = std::make_shared<const std::string>(std::move(body));
    return request;
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::shared_ptr<Watch> Watch::open(Channel& channel, Request request, Channel::Ticket* ticket) {
    auto watch = std::make_shared<Watch>();
    request.timeout = std::chrono::milliseconds{0};
    const Channel::Ticket given = channel.open_stream(
        std::move(request),
        [watch](std::string_view bytes) {
            watch->bytes += bytes.size();
            return true;
        },
        [watch](Result<Response> result) {
            watch->end = std::move(result);
            watch->ended = true;
        });
    if (ticket != nullptr) *ticket = given;
    return watch;
}

}  // namespace helix::http2_client::testing
