#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/ledger/temp_folder.hpp"

namespace helix::test_support {

/// A relay between clients and a PostgreSQL server, on unix sockets: the network that can be cut at an exact place. It
/// understands of the protocol only where a commit is sent: a COMMIT, or the statement that is one by itself.
class PostgresRelay {
public:
    enum class Cut {
        None,
        BeforeCommit,  ///< the next commit does not reach the server, and the connection is gone
        WithCommit,    ///< the connection is gone as soon as the server has the next commit
        AfterCommit,   ///< the next commit is done by the server, its answer is lost with the connection
    };

    explicit PostgresRelay(std::filesystem::path server_socket);
    ~PostgresRelay();
    PostgresRelay(const PostgresRelay&) = delete;
    PostgresRelay& operator=(const PostgresRelay&) = delete;

    /// Arms one cut. With `and_stay_away`, no connection is let through after it until `let_through`.
    void cut_next(Cut where, bool and_stay_away = false);
    void let_through() { away_ = false; }

    /// Carries nothing, and says nothing, while `silent`: a dead link, or a server that was stopped.
    void be_silent(bool silent) { silent_ = silent; }

    /// Leads to another server from now on, and cuts what is there.
    void lead_to(std::filesystem::path server_socket);

    [[nodiscard]] int cuts() const { return cuts_; }
    [[nodiscard]] std::filesystem::path socket_folder() const { return folder_.file("."); }

private:
    void accept_all();
    void carry(int client, int server);
    bool pass_on(int from, int to, bool from_client, bool& drop_answer);

    const ledger::TempFolder folder_;
    int listener_ = -1;
    std::atomic<bool> ending_{false};
    std::atomic<bool> away_{false};
    std::atomic<bool> stay_away_{false};
    std::atomic<bool> silent_{false};
    std::atomic<Cut> cut_{Cut::None};
    std::atomic<int> cuts_{0};
    std::atomic<int> generation_{0};  // grows when all connections are to end
    std::mutex mutex_;
    std::filesystem::path server_socket_;
    std::vector<std::jthread> carriers_;
    std::jthread acceptor_;
};

}  // namespace helix::test_support
