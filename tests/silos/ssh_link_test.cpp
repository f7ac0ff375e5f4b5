#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/ssh/link.hpp"
#include "tests/silos/docker_host.hpp"
#include "tests/support/kernel_sockets.hpp"

// The SSH link against a real sshd; a Unix socket of the test stands where Docker's would be.
namespace helix::ssh {
namespace {

using silo_test::DockerHost;
using std::chrono::milliseconds;
using test_support::eventually;

/// Sends back whatever comes, on any number of connections.
class Echo {
public:
    explicit Echo(std::string path) : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un here{};
        here.sun_family = AF_UNIX;
        path_.copy(here.sun_path, sizeof here.sun_path - 1);
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 || ::listen(fd_, 64) != 0)
            throw std::runtime_error("echo");
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~Echo() {
        thread_.request_stop();
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        for (auto& one : connections_) one.join();
        ::close(fd_);
    }

private:
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const int fd = ::accept(fd_, nullptr, nullptr);
            if (fd < 0) continue;
            connections_.emplace_back([fd] {
                char piece[65536];
                for (ssize_t got = 0; (got = ::read(fd, piece, sizeof piece)) > 0;)
                    for (ssize_t at = 0; at < got;) {
                        const ssize_t put = ::send(fd, piece + at, static_cast<std::size_t>(got - at), MSG_NOSIGNAL);
                        if (put <= 0) break;
                        at += put;
                    }
                ::close(fd);
            });
        }
    }

    const std::string path_;
    const int fd_;
    std::vector<std::thread> connections_;
    std::jthread thread_;
};

class SshLink : public testing::Test {
protected:
    void SetUp() override {
        if (!DockerHost::available(false)) GTEST_SKIP() << "needs root and openssh-server (scripts/setup)";
        host_ = std::make_unique<DockerHost>(DockerHost::Options{.engine = false});
    }
    [[nodiscard]] LinkOptions options(const std::string& remote_socket = "") const {
        LinkOptions options;
        options.remote_socket = remote_socket;
        options.address.host = "forge";
        options.address.config_file = (host_->folder() / "ssh_config").string();
        options.backoff_first = milliseconds(500);
        return options;
    }
    /// Connects to where the link listens; -1: nobody does.
    static int tunnel(const Link& link) {
        sockaddr_un there{};
        there.sun_family = AF_UNIX;
        link.local_socket().copy(there.sun_path + 1, sizeof there.sun_path - 1);
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + link.local_socket().size());
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(fd, reinterpret_cast<sockaddr*>(&there), size) == 0) return fd;
        ::close(fd);
        return -1;
    }
    static bool connected(const Link& link) {
        return eventually(20, [&] { return link.status().connected; });
    }

    std::unique_ptr<DockerHost> host_;
};

TEST_F(SshLink, RunsCommandsAndTellsHowTheyEnded) {
    Link link(options());
    ASSERT_TRUE(connected(link)) << link.status().problem;
    const auto fine = link.run("echo out; echo err >&2", milliseconds(10'000));
    ASSERT_TRUE(fine) << fine.error().message;
    EXPECT_EQ(fine->out, "out\n");
    EXPECT_EQ(fine->exit_status, 0);
    EXPECT_EQ(link.run("printf torn", milliseconds(10'000))->out, "torn");
    EXPECT_EQ(link.run("(exit 3)", milliseconds(10'000))->exit_status, 3);
    EXPECT_EQ(link.run("no-such-program", milliseconds(10'000))->exit_status, 127);
    const auto endless = link.run("sleep 30", milliseconds(300));
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, Code::DeadlineExceeded);
    const auto flood = link.run("yes", milliseconds(20'000));
    ASSERT_FALSE(flood);
    EXPECT_EQ(flood.error().code, Code::ResourceExhausted);
    EXPECT_TRUE(link.run("true", milliseconds(10'000))) << "the others do not suffer";
    EXPECT_EQ(link.status().opened_total, 1U);
}

TEST_F(SshLink, CarriesBytesToAUnixSocketAndBackUnchanged) {
    const std::string path = (host_->folder() / "echo.sock").string();
    const Echo echo(path);
    Link link(options(path));
    ASSERT_TRUE(connected(link));
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&, i] {
            const int fd = tunnel(link);
            ASSERT_GE(fd, 0);
            std::string sent(3U << 20U, '\0');
            for (std::size_t at = 0; at < sent.size(); ++at)
                sent[at] = static_cast<char>(at * 31 + static_cast<std::size_t>(i));
            std::string got;
            std::size_t at = 0;
            while (got.size() < sent.size()) {
                pollfd one = {fd, static_cast<short>(POLLIN | (at < sent.size() ? POLLOUT : 0)), 0};
                ASSERT_GT(::poll(&one, 1, 20'000), 0) << "nothing moves";
                if ((one.revents & POLLOUT) != 0) {
                    const ssize_t put = ::send(fd, sent.data() + at, sent.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
                    if (put > 0) at += static_cast<std::size_t>(put);
                }
                if ((one.revents & POLLIN) != 0) {
                    char piece[65536];
                    const ssize_t more = ::recv(fd, piece, sizeof piece, MSG_DONTWAIT);
                    ASSERT_NE(more, 0) << "it ended early";
                    if (more > 0) got.append(piece, static_cast<std::size_t>(more));
                }
            }
            EXPECT_TRUE(got == sent);
            ::close(fd);
        });
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(test_support::sockets_towards(host_->port()).size(), 1U) << "one connection carries them all";
}

TEST_F(SshLink, ASocketThatIsNotThereEndsAtOnce) {
    Link link(options("/no/such.sock"));
    ASSERT_TRUE(connected(link));
    const int fd = tunnel(link);
    ASSERT_GE(fd, 0);
    pollfd one = {fd, POLLIN, 0};
    ASSERT_EQ(::poll(&one, 1, 10'000), 1);
    char byte = 0;
    EXPECT_EQ(::recv(fd, &byte, 1, 0), 0);
    ::close(fd);
    EXPECT_TRUE(link.run("true", milliseconds(10'000)));
}

TEST_F(SshLink, AnotherProcessIsShownOut) {
    const std::string path = (host_->folder() / "echo.sock").string();
    const Echo echo(path);
    Link link(options(path));
    ASSERT_TRUE(connected(link));
    const pid_t stranger = ::fork();
    ASSERT_GE(stranger, 0);
    if (stranger == 0) {
        const int fd = tunnel(link);
        char byte = 'x';
        static_cast<void>(!::send(fd, &byte, 1, MSG_NOSIGNAL));
        ::_exit(::recv(fd, &byte, 1, 0) == 1 ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(stranger, &status, 0), stranger);
    EXPECT_EQ(status, 0) << "it got an answer";
    EXPECT_EQ(link.status().tunnels_total, 0U);
}

TEST_F(SshLink, ConnectsAgainByItself) {
    Link link(options());
    ASSERT_TRUE(connected(link));
    host_->stop_sshd();
    ASSERT_TRUE(eventually(10, [&] { return !link.status().connected; }));
    EXPECT_TRUE(eventually(10, [&] {  // its thread says that it is not connected, then closes
        const int fd = tunnel(link);
        if (fd >= 0) ::close(fd);
        return fd < 0;
    }));
    EXPECT_FALSE(link.run("true", milliseconds(1'000)));
    host_->start_sshd();
    ASSERT_TRUE(connected(link)) << link.status().problem;
    EXPECT_TRUE(link.run("true", milliseconds(10'000)));
    EXPECT_EQ(link.status().opened_total, 2U);
}

TEST_F(SshLink, AHostThatHangsIsGivenUpAndOneThatIsQuietIsNot) {
    LinkOptions quick = options();
    quick.keepalive_every = milliseconds(300);
    quick.dead_after = milliseconds(9'000);  // it looks every 5 s: at the second look a host must have said something
    const Link quiet(quick);
    ASSERT_TRUE(connected(quiet));
    const auto answering = host_->sshd_sessions();
    const Link hanging(quick);
    ASSERT_TRUE(connected(hanging));
    std::vector<pid_t> stopped;
    for (const pid_t session : host_->sshd_sessions())
        if (std::find(answering.begin(), answering.end(), session) == answering.end()) stopped.push_back(session);
    for (const pid_t session : stopped) ::kill(session, SIGSTOP);
    EXPECT_TRUE(eventually(40, [&] { return !hanging.status().connected || hanging.status().opened_total > 1; }));
    // Nothing but its answers to keep-alives tells it from the other, and it has been quiet for longer.
    EXPECT_TRUE(quiet.status().connected) << quiet.status().problem;
    EXPECT_EQ(quiet.status().opened_total, 1U);
    for (const pid_t session : stopped) ::kill(session, SIGCONT);
}

TEST_F(SshLink, AKeyThatIsNotKnownIsRefusedAndNothingIsSaidToIt) {
    std::filesystem::remove(host_->folder() / "known_hosts");
    Link link(options());
    ASSERT_TRUE(eventually(10, [&] { return link.status().refusal.has_value(); }));
    EXPECT_EQ(link.status().refusal->why, "unknown");
    EXPECT_EQ(link.status().refusal->fingerprint.substr(0, 7), "SHA256:");
    EXPECT_EQ(host_->sshd_log().find("Accepted"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(host_->folder() / "known_hosts")) << "nothing is ever added to it";
}

TEST_F(SshLink, TakesKeysOfEveryUsualType) {
    for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
        host_->change_user_key(type);
        const Link link(options());
        EXPECT_TRUE(connected(link)) << type << ": " << link.status().problem;
    }
}

TEST_F(SshLink, AnAgentMayHoldTheKey) {
    const std::string socket = (host_->folder() / "agent.sock").string();
    test_support::ChildProcess agent({"setpriv", "--pdeathsig", "TERM", "ssh-agent", "-D", "-a", socket});
    ASSERT_TRUE(eventually(10, [&] { return std::filesystem::exists(socket); }));
    ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
    const auto key = host_->folder() / "user_key";
    ASSERT_EQ(test_support::run_process({"ssh-add", "-q", key.string()}).exit_code, 0);
    std::filesystem::remove(key);
    {
        const Link link(options());
        EXPECT_TRUE(connected(link)) << link.status().problem;
    }
    ::unsetenv("SSH_AUTH_SOCK");
    agent.signal(SIGTERM);
    agent.wait();
}

TEST_F(SshLink, JumpsOverAnotherHost) {
    const DockerHost bastion(DockerHost::Options{.name = "bastion", .engine = false});
    const std::string config = (host_->folder() / "jump_config").string();
    std::ofstream(config) << std::ifstream(bastion.folder() / "ssh_config").rdbuf()
                          << std::ifstream(host_->folder() / "ssh_config").rdbuf() << "  ProxyJump bastion\n";
    LinkOptions over = options();
    over.address.config_file = config;
    Link link(over);
    ASSERT_TRUE(connected(link)) << link.status().problem << bastion.sshd_log();
    EXPECT_TRUE(link.run("true", milliseconds(10'000)));
    EXPECT_NE(bastion.sshd_log().find("Accepted publickey"), std::string::npos);
    EXPECT_EQ(test_support::sockets_towards(host_->port()).size(), 0U) << "not by a connection of its own";
}

TEST_F(SshLink, WhomTheHostDoesNotKnowIsToldSo) {
    std::filesystem::remove(host_->folder() / "authorized_keys");
    Link link(options());
    ASSERT_TRUE(eventually(10, [&] { return link.status().problem.find("takes no key") != std::string::npos; }))
        << link.status().problem;
    EXPECT_EQ(host_->sshd_log().find("password"), std::string::npos) << "a password is never tried";
}

}  // namespace
}  // namespace helix::ssh
