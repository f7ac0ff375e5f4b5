#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/kept_port.hpp"
#include "tests/support/process.hpp"

namespace helix::silo_test {

/// A Docker host as the service meets it: a real sshd on loopback and, behind it, a real Docker engine of its own, both
/// ended with the object and with the test. Its one image is `eater:1` (tests/silos/eater.cpp), made without network.
///
/// The host's memory is this machine's. It has to run as root. Failures throw std::runtime_error.
class DockerHost {
public:
    struct Options {
        std::string name = "forge";
        bool engine = true;              ///< false: no Docker engine is started
        std::string docker_socket = {};  ///< instead of its own engine's
        /// Programs that the login shell there finds before the host's own, by name: stand-ins, as shell scripts.
        std::vector<std::pair<std::string, std::string>> programs = {};
    };
    explicit DockerHost(Options options);
    ~DockerHost();
    DockerHost(const DockerHost&) = delete;
    DockerHost& operator=(const DockerHost&) = delete;

    /// Whether this machine can be one: root and sshd; with an engine also dockerd, and the rights and control groups
    /// that it needs, which an ordinary container does not give.
    static bool available(bool engine = true);

    /// The target of a configuration file that means this host.
    [[nodiscard]] std::string target() const;
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] int port() const { return port_.number(); }
    [[nodiscard]] pid_t sshd() const;
    [[nodiscard]] pid_t engine() const;
    /// The process that serves the one connection there is; 0: there is none.
    [[nodiscard]] std::vector<pid_t> sshd_sessions() const;
    [[nodiscard]] std::string docker_socket() const;

    /// Runs docker's own command line on this host's engine; its output. Throws when it fails, unless `may_fail`.
    std::string docker(const std::vector<std::string>& words, bool may_fail = false) const;

    void stop_sshd();              ///< with the connections that it serves
    void start_sshd();             ///< again, on the same port
    void change_host_key() const;  ///< known_hosts keeps the former one
    void change_user_key(
        const std::string& type) const;  ///< of ssh-keygen's types; the former one is not let in any more
    void put_program(const std::string& name, const std::string& script) const;
    [[nodiscard]] std::string sshd_log() const;

private:
    void make_keys() const;
    void start_engine();
    void load_image() const;

    const Options options_;
    std::filesystem::path folder_;
    test_support::KeptPort port_;
    std::unique_ptr<test_support::ChildProcess> sshd_;
    std::unique_ptr<test_support::ChildProcess> dockerd_;
};

}  // namespace helix::silo_test
