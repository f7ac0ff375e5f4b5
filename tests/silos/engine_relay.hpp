#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace helix::silo_test {

/// A relay between sshd and a Docker engine, on Unix sockets: the place where a connection can be cut at an exact
/// moment, which a real engine cannot be told to do. It understands the first line of each request, nothing more.
class EngineRelay {
public:
    enum class Cut {
        Before,  ///< the request does not reach the engine, and the connection is gone
        After,   ///< the engine has answered, its answer is lost with the connection
    };

    EngineRelay(std::filesystem::path socket, std::filesystem::path engine_socket);
    ~EngineRelay();
    EngineRelay(const EngineRelay&) = delete;
    EngineRelay& operator=(const EngineRelay&) = delete;

    /// Arms one cut, for the next request whose first line ("POST /v1.41/containers/…") holds `words`.
    void cut_next(std::string words, Cut where);
    /// How many requests with `words` in their first line reached the engine.
    [[nodiscard]] int passed(const std::string& words) const;

private:
    void carry(int client);
    /// The cut for this request, disarmed; counts what passes.
    bool decide(const std::string& first_line, Cut& where);

    const std::filesystem::path socket_;
    const std::filesystem::path engine_socket_;
    int listener_ = -1;
    std::atomic<bool> ending_{false};
    mutable std::mutex mutex_;
    std::string cut_words_;
    Cut cut_ = Cut::Before;
    std::vector<std::string> seen_;
    std::vector<std::jthread> carriers_;
    std::jthread acceptor_;
};

}  // namespace helix::silo_test
