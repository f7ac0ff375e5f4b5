#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace helix::test_support {

struct PostgresOptions {
    std::vector<std::string> settings = {};  ///< "fsync=off"
    std::filesystem::path data = {};         ///< an empty folder to keep the data in; unset: beside the socket
    std::filesystem::path standby_of = {};   ///< the socket's folder of a server to copy and to follow
};

/// A PostgreSQL server of one's own, made by initdb in a temporary folder, on a unix socket there and on no port. It is
/// gone with the object, and with the process. A test that runs as root gives it to the user postgres (or nobody).
///
/// Failures throw std::runtime_error: a test that needs a server and finds none fails.
class PostgresServer {
public:
    static std::unique_ptr<PostgresServer> start(const PostgresOptions& options = {});
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// The one that all tests of a program share, each in a schema of its own.
    static PostgresServer& shared();

    /// The URL for `role` (the superuser is "postgres"), with that schema as its search path ("" for the usual one).
    [[nodiscard]] std::string url(const std::string& role = "postgres", const std::string& schema = {}) const;
    /// The same through another folder's socket.
    [[nodiscard]] static std::string url_at(const std::filesystem::path& socket_folder, const std::string& role,
                                            const std::string& schema);

    /// Runs SQL as the superuser; gives the first column of the first row, "" when there is none.
    std::string sql(const std::string& text) const;
    /// Makes an empty schema and gives its URL for the superuser.
    std::string fresh_schema(const std::string& name) const;

    void kill();    ///< SIGKILL to the postmaster; its children end by themselves
    void launch();  ///< starts it again after a kill, and waits until it answers

    [[nodiscard]] const std::filesystem::path& socket_folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path socket() const { return folder_ / ".s.PGSQL.5432"; }

private:
    PostgresServer() = default;
    void initialise(const std::filesystem::path& primary);
    bool try_launch();

    std::filesystem::path folder_;
    std::filesystem::path data_;
    std::vector<std::string> settings_;
    pid_t pid_ = -1;
};

/// The user that servers run as when the test is root: 0 when there is nobody to become.
struct Unprivileged {
    uid_t user = 0;
    gid_t group = 0;
};
Unprivileged unprivileged();

}  // namespace helix::test_support
