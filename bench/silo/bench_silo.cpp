// What one tick over a Docker host costs: our one connection against a new `ssh host docker stats` per tick, on the
// same host, in turns. CPU time of the caller, and of the whole host: the caller, sshd with what it starts, and the
// engine.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include "adapters/silo/silo_target.hpp"
#include "tests/silos/docker_host.hpp"

namespace {

using helix::silo_test::DockerHost;
using helix::test_support::eventually;
using helix::test_support::run_process;

constexpr int kContainers = 5;
constexpr int kTicks = 20;
constexpr int kRounds = 3;

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_of(int who) {
    rusage used{};
    getrusage(who, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// User and system time of the whole machine: what else runs on it counts too, which is why the load is printed.
double cpu_of_machine() {
    std::ifstream stat("/proc/stat");
    std::string word;
    double user = 0;
    double nice = 0;
    double system = 0;
    double idle = 0;
    double iowait = 0;
    double irq = 0;
    double softirq = 0;
    stat >> word >> user >> nice >> system >> idle >> iowait >> irq >> softirq;
    return (user + nice + system + irq + softirq) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct Cost {
    double caller_ms = 0;
    double machine_ms = 0;
};

/// So many ticks of the adapter, one right after the other (a real tick waits 15 s between them). This thread, which
/// waits for them, does not count.
Cost ours(helix::ports::Target& target) {
    const auto last = [&] { return target.freshness().last_metrics_us; };
    const auto cpu_of_caller = [] { return cpu_of(RUSAGE_SELF) - cpu_of(RUSAGE_THREAD); };
    const double machine = cpu_of_machine();
    const double caller = cpu_of_caller();
    for (int tick = 0; tick < kTicks; ++tick) {
        const auto before = last();
        eventually(20, [&] { return last() != before; });
    }
    return {(cpu_of_caller() - caller) * 1e3 / kTicks, (cpu_of_machine() - machine) * 1e3 / kTicks};
}

Cost theirs(const DockerHost& host) {
    const std::string line = "ssh -F " + (host.folder() / "ssh_config").string() + " forge /usr/bin/docker -H unix://" +
                             host.docker_socket() + " stats --no-stream --format \"'{{json .}}'\" >/dev/null 2>&1";
    const double machine = cpu_of_machine();
    const double caller = cpu_of(RUSAGE_CHILDREN);
    constexpr int kRuns = 5;
    for (int run = 0; run < kRuns; ++run)
        if (run_process({"sh", "-c", line}).exit_code != 0) std::puts("ssh failed");
    return {(cpu_of(RUSAGE_CHILDREN) - caller) * 1e3 / kRuns, (cpu_of_machine() - machine) * 1e3 / kRuns};
}

}  // namespace

int main() {
    if (!DockerHost::available()) {
        std::puts("bench_silo needs root, openssh-server and docker.io");
        return 1;
    }
    DockerHost host(DockerHost::Options{});
    for (int i = 0; i < kContainers; ++i)
        host.docker(
            {"run", "-d", "--name", "load" + std::to_string(i), "--network", "none", "-m", "32m", "eater:1", "8"});
    helix::silo::SiloOptions options;
    options.ssh.address.host = "forge";
    options.ssh.address.config_file = (host.folder() / "ssh_config").string();
    options.ssh.remote_socket = host.docker_socket();
    options.figures_every = std::chrono::milliseconds(250);
    const auto target = helix::silo::make_silo_target("forge", options);
    if (!eventually(30, [&] { return target->freshness().synced; })) {
        std::printf("not reached: %s\n", target->freshness().problem.c_str());
        return 1;
    }
    std::printf("one Docker host, %d running containers; CPU per tick\n", kContainers);
    for (int round = 0; round < kRounds; ++round) {
        const Cost us = ours(*target);
        const Cost peer = theirs(host);
        std::printf(
            "caller: ours %6.2f ms, ssh host docker stats %6.2f ms: 1/%.0f    whole machine: %6.1f ms, %6.1f ms: "
            "1/%.0f\n",
            us.caller_ms, peer.caller_ms, peer.caller_ms / us.caller_ms, us.machine_ms, peer.machine_ms,
            peer.machine_ms / us.machine_ms);
    }
    std::printf("connections: ours %llu\n", static_cast<unsigned long long>(target->connections().opened_total));
    return 0;
}
