#include "tests/silos/docker_host.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace helix::silo_test {
namespace {

namespace fs = std::filesystem;
using test_support::ChildProcess;
using test_support::eventually;
using test_support::run_process;

bool answers(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    ::close(fd);
    return connected;
}

/// A daemon that ends with the test, its output in `log`.
std::unique_ptr<ChildProcess> daemon(const std::string& command, const fs::path& log) {
    return std::make_unique<ChildProcess>(std::vector<std::string>{"setpriv", "--pdeathsig", "TERM", "sh", "-c",
                                                                   "exec " + command + " >>" + log.string() + " 2>&1"});
}

std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void must(const std::vector<std::string>& argv) {
    if (run_process(argv).exit_code != 0) throw std::runtime_error(argv.front() + " failed");
}

bool can_run_containers() {
    if (run_process({"unshare", "--mount", "--net", "true"}).exit_code != 0) return false;
    const bool unified = fs::exists("/sys/fs/cgroup/cgroup.controllers");
    const fs::path group =
        fs::path(unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory") / ("helix-probe-" + std::to_string(::getpid()));
    std::error_code refused;
    const bool made = fs::create_directory(group, refused);
    fs::remove(group, refused);
    return made;
}

}  // namespace

bool DockerHost::available(bool engine) {
    if (::geteuid() != 0 || !fs::exists("/usr/sbin/sshd")) return false;
    return !engine || (fs::exists("/usr/sbin/dockerd") && can_run_containers());
}

DockerHost::DockerHost(Options options) : options_(std::move(options)) {
    std::string folder = (fs::temp_directory_path() / "helix-silo-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    fs::create_directories(folder_ / "bin");
    fs::create_directories("/run/sshd");
    for (const auto& [name, script] : options_.programs) put_program(name, script);
    make_keys();
    start_sshd();
    if (options_.engine) start_engine();
}

DockerHost::~DockerHost() {
    if (sshd_) stop_sshd();
    if (dockerd_) {
        for (const char* id : {"-q"})
            run_process({"sh", "-c",
                         "/usr/bin/docker -H unix://" + docker_socket() + " rm -f $(/usr/bin/docker -H unix://" +
                             docker_socket() + " ps -a " + id + ") >/dev/null 2>&1"});
        dockerd_->signal(SIGTERM);
        dockerd_->wait();
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

void DockerHost::make_keys() const {
    change_user_key("ed25519");
    change_host_key();
    const std::string key = content(folder_ / "host_key.pub");
    std::ofstream(folder_ / "known_hosts") << "[127.0.0.1]:" << port_.number() << " " << key;
    std::ofstream(folder_ / "sshd_config")
        << "Port " << port_.number() << "\nListenAddress 127.0.0.1\nHostKey " << (folder_ / "host_key").string()
        << "\nAuthorizedKeysFile " << (folder_ / "authorized_keys").string() << "\nPidFile none\nStrictModes no\n"
        << "UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nLogLevel VERBOSE\nSetEnv PATH="
        << (folder_ / "bin").string() << ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
    std::ofstream(folder_ / "ssh_config")
        << "Host " << options_.name << "\n  HostName 127.0.0.1\n  Port " << port_.number()
        << "\n  User root\n  IdentityFile " << (folder_ / "user_key").string() << "\n  UserKnownHostsFile "
        << (folder_ / "known_hosts").string() << "\n";
}

void DockerHost::change_host_key() const {
    fs::remove(folder_ / "host_key");
    fs::remove(folder_ / "host_key.pub");
    must({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", (folder_ / "host_key").string()});
}

void DockerHost::change_user_key(const std::string& type) const {
    fs::remove(folder_ / "user_key");
    fs::remove(folder_ / "user_key.pub");
    must({"ssh-keygen", "-q", "-t", type, "-N", "", "-f", (folder_ / "user_key").string()});
    fs::copy_file(folder_ / "user_key.pub", folder_ / "authorized_keys", fs::copy_options::overwrite_existing);
}

void DockerHost::put_program(const std::string& name, const std::string& script) const {
    const fs::path file = folder_ / "bin" / name;
    const fs::path fresh = folder_ / "bin" / (name + ".new");
    std::ofstream(fresh) << "#!/bin/sh\n" << script << "\n";
    ::chmod(fresh.c_str(), 0755);
    fs::rename(fresh, file);
}

void DockerHost::start_sshd() {
    sshd_ = daemon("/usr/sbin/sshd -D -e -f " + (folder_ / "sshd_config").string(), folder_ / "sshd.log");
    if (!eventually(20, [&] { return answers(port_.number()); })) throw std::runtime_error("sshd: " + sshd_log());
}

void DockerHost::stop_sshd() {
    for (const pid_t session : sshd_sessions()) ::kill(session, SIGKILL);
    sshd_->signal(SIGCONT);
    sshd_->signal(SIGTERM);
    sshd_->wait();
    sshd_.reset();
}

pid_t DockerHost::sshd() const {
    return sshd_->pid();
}

pid_t DockerHost::engine() const {
    return dockerd_->pid();
}

std::vector<pid_t> DockerHost::sshd_sessions() const {
    std::istringstream pids(run_process({"pgrep", "-P", std::to_string(sshd_->pid())}).output);
    std::vector<pid_t> found;
    for (pid_t pid = 0; pids >> pid;) found.push_back(pid);
    return found;
}

std::string DockerHost::docker_socket() const {
    return options_.docker_socket.empty() ? (folder_ / "docker.sock").string() : options_.docker_socket;
}

void DockerHost::start_engine() {
    const auto at = [&](const char* name) { return (folder_ / name).string(); };
    dockerd_ = daemon(
        "/usr/sbin/dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --host unix://" +
            docker_socket() + " --data-root " + at("data") + " --exec-root " + at("exec") + " --pidfile " +
            at("docker.pid"),
        folder_ / "dockerd.log");
    const auto up = [&] {
        return run_process({"sh", "-c", "/usr/bin/docker -H unix://" + docker_socket() + " version >/dev/null 2>&1"})
                   .exit_code == 0;
    };
    if (!eventually(60, up)) throw std::runtime_error("dockerd: " + content(folder_ / "dockerd.log"));
    load_image();
}

void DockerHost::load_image() const {
    const fs::path eater = HELIX_EATER;
    must({"sh", "-c",
          "tar -C " + eater.parent_path().string() + " -c " + eater.filename().string() +
              " | /usr/bin/docker -H unix://" + docker_socket() + " import --change 'ENTRYPOINT [\"/" +
              eater.filename().string() + "\"]' - eater:1 >/dev/null"});
}

std::string DockerHost::docker(const std::vector<std::string>& words, bool may_fail) const {
    std::vector<std::string> argv = {"/usr/bin/docker", "-H", "unix://" + docker_socket()};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto result = run_process(argv);
    if (result.exit_code != 0 && !may_fail) throw std::runtime_error("docker " + words.front() + " failed");
    return result.output;
}

std::string DockerHost::target() const {
    return "{name: " + options_.name + ", silo: {host: " + options_.name +
           ", ssh_config: " + (folder_ / "ssh_config").string() + ", docker_socket: " + docker_socket() + "}}";
}

std::string DockerHost::sshd_log() const {
    return content(folder_ / "sshd.log");
}

}  // namespace helix::silo_test
