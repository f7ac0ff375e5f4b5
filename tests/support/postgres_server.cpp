#include "tests/support/postgres_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace helix::test_support {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// Where Debian keeps the newest server's programs; they are not in PATH.
std::filesystem::path programs() {
    if (const char* named = std::getenv("HELIX_POSTGRES_BIN"); named != nullptr) return named;
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
        if (std::filesystem::exists(version.path() / "bin/initdb")) found.push_back(version.path() / "bin");
    if (found.empty()) throw std::runtime_error("no PostgreSQL server: install postgresql-15 (scripts/setup does)");
    return *std::max_element(found.begin(), found.end());
}

/// Starts a program that ends with us, as the unprivileged user when we are root; its output goes to `log`.
pid_t spawn(const std::vector<std::string>& argv, const std::filesystem::path& folder,
            const std::filesystem::path& log) {
    std::vector<char*> pointers;
    for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    const Unprivileged who = unprivileged();
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid > 0) return pid;
    // Between fork and exec only calls that are safe there. A server that lost its test ends at once (SIGQUIT).
    if (who.user != 0 && (setgroups(0, nullptr) != 0 || setgid(who.group) != 0 || setuid(who.user) != 0)) _exit(126);
    if (prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0 || getppid() != parent || chdir(folder.c_str()) != 0) _exit(126);
    const int output = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) _exit(126);
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0) _exit(126);
    setpgid(0, 0);  // Ctrl-C in the terminal is the test's
    execv(pointers[0], pointers.data());
    _exit(127);
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Unprivileged unprivileged() {
    if (geteuid() != 0) return {};
    for (const char* name : {"postgres", "nobody"})
        if (const passwd* entry = getpwnam(name); entry != nullptr) return {entry->pw_uid, entry->pw_gid};
    return {};
}

std::unique_ptr<PostgresServer> PostgresServer::start(const PostgresOptions& options) {
    std::unique_ptr<PostgresServer> server(new PostgresServer);
    std::string folder = (std::filesystem::temp_directory_path() / "helix-pg-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    server->folder_ = folder;
    server->data_ = options.data.empty() ? server->folder_ / "data" : options.data;
    server->settings_ = options.settings;
    server->initialise(options.standby_of);
    server->launch();
    return server;
}

PostgresServer& PostgresServer::shared() {
    static const std::unique_ptr<PostgresServer> server = start();
    return *server;
}

PostgresServer::~PostgresServer() {
    if (pid_ > 0) {
        ::kill(pid_, SIGQUIT);
        wait_for(pid_);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::initialise(const std::filesystem::path& primary) {
    const Unprivileged who = unprivileged();
    if (who.user != 0 && chown(folder_.c_str(), who.user, who.group) != 0)
        throw std::system_error(errno, std::generic_category(), "chown " + folder_.string());
    const auto log = folder_ / "initdb.log";
    std::vector<std::string> argv{(programs() / "initdb").string(),
                                  "-D",
                                  data_.string(),
                                  "-U",
                                  "postgres",
                                  "-A",
                                  "trust",
                                  "-E",
                                  "UTF8",
                                  "--locale=C",
                                  "--no-sync"};
    if (!primary.empty())
        argv = {(programs() / "pg_basebackup").string(),
                "-h",
                primary.string(),
                "-U",
                "postgres",
                "-D",
                data_.string(),
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync"};
    if (wait_for(spawn(argv, folder_, log)) != 0) throw std::runtime_error(argv[0] + " failed: see " + log.string());
}

/// False when the server ended again: one that was killed leaves memory that its children still use for a moment.
bool PostgresServer::try_launch() {
    std::vector<std::string> argv{(programs() / "postgres").string(),
                                  "-D",
                                  data_.string(),
                                  "-k",
                                  folder_.string(),
                                  "-c",
                                  "listen_addresses=",
                                  "-c",
                                  "max_connections=60",
                                  "-c",
                                  "log_checkpoints=off"};
    for (const std::string& setting : settings_) argv.insert(argv.end(), {"-c", setting});
    pid_ = spawn(argv, folder_, folder_ / "server.log");
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return false;
        }
        if (PQping(url().c_str()) == PQPING_OK) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the PostgreSQL server does not answer: see " + (folder_ / "server.log").string());
}

void PostgresServer::launch() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!try_launch()) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("the PostgreSQL server does not start: see " + (folder_ / "server.log").string());
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

void PostgresServer::kill() {
    ::kill(pid_, SIGKILL);
    wait_for(pid_);
    pid_ = -1;
}

std::string PostgresServer::url_at(const std::filesystem::path& socket_folder, const std::string& role,
                                   const std::string& schema) {
    std::string url = "postgresql:///postgres?host=" + socket_folder.string() + "&user=" + role;
    if (!schema.empty()) url += "&options=-csearch_path%3D" + schema;
    return url;
}

std::string PostgresServer::url(const std::string& role, const std::string& schema) const {
    return url_at(folder_, role, schema);
}

std::string PostgresServer::sql(const std::string& text) const {
    pqxx::connection connection(url());
    const auto rows = pqxx::nontransaction(connection).exec(text);
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].c_str();
}

std::string PostgresServer::fresh_schema(const std::string& name) const {
    sql("CREATE SCHEMA " + name);
    return url("postgres", name);
}

}  // namespace helix::test_support
