#include "service/app/target_factory.hpp"

#include <thread>

#include "adapters/kubeconfig/resolve.hpp"
#include "adapters/kubernetes/kubernetes_target.hpp"
#include "adapters/silo/silo_target.hpp"
#include "adapters/simulated/simulated_target.hpp"
#include "service/app/cluster_access.hpp"
#include "service/app/log.hpp"

namespace helix::app {
namespace {

using TargetResult = Result<std::unique_ptr<ports::Target>>;

/// How long the kubeconfig's current context may take to answer before the simulation stands in for it.
constexpr auto kReachLimit = std::chrono::seconds(5);

kubernetes::KubernetesOptions options_of(const config::Config& config) {
    kubernetes::KubernetesOptions options;
    options.metrics_period = std::chrono::seconds(config.metrics_every_s);
    options.access = resolve_options(config.allow_exec);
    return options;
}

silo::SiloOptions options_of(const config::Config& config, const config::SiloConfig& silo) {
    silo::SiloOptions options;
    options.ssh.address = {silo.host,          silo.ssh_config, silo.user, static_cast<int>(silo.port),
                           silo.identity_file, silo.known_hosts};
    options.ssh.remote_socket = silo.docker_socket;
    options.figures_every = std::chrono::seconds(config.metrics_every_s);
    return options;
}

std::unique_ptr<ports::Target> simulation(std::string name) {
    return simulated::make_simulated_target(std::move(name), simulated::SimOptions{});
}

TargetResult make_target(const config::Config& config, const config::TargetConfig& target) {
    if (target.simulated) return TargetResult(simulation(target.name));
    if (target.silo) return TargetResult(silo::make_silo_target(target.name, options_of(config, *target.silo)));
    if (target.in_cluster)
        return kubernetes::make_in_cluster_target(target.name, kServiceAccount, variable("KUBERNETES_SERVICE_HOST"),
                                                  variable("KUBERNETES_SERVICE_PORT"), options_of(config));
    return kubernetes::make_kubernetes_target(target.name, kubeconfig_paths(config.kubeconfig), target.context,
                                              options_of(config));
}

/// True once the target has shown a sign of life; false when it has not within kReachLimit.
bool reached(const ports::Target& target) {
    const auto limit = std::chrono::steady_clock::now() + kReachLimit;
    while (std::chrono::steady_clock::now() < limit) {
        const ports::Freshness freshness = target.freshness();
        if (freshness.synced || freshness.last_event_us > 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

/// Without configured targets: the current context where it is reached, else the simulation, said aloud.
TargetResult default_target(const config::Config& config) {
    const std::vector<std::string> paths = kubeconfig_paths(config.kubeconfig);
    const auto kubeconfig = kubeconfig::load(paths);
    if (!kubeconfig && kubeconfig.error().code != Code::NotFound) return kubeconfig.error();
    if (!kubeconfig && !config.kubeconfig.empty()) return kubeconfig.error();  // named by hand: not to be passed over
    if (kubeconfig && !kubeconfig->current_context.empty()) {
        auto target = make_target(config, {kubeconfig->current_context, kubeconfig->current_context, false, false, {}});
        if (!target || !config.kubeconfig.empty()) return target;
        if (reached(**target)) return target;
        log(Level::Warning, "target.unreached",
            {{"context", kubeconfig->current_context},
             {"instead", "the built-in simulation"},
             {"problem", (*target)->freshness().problem}});
    }
    log(Level::Warning, "target.simulated",
        {{"note", "no cluster is reached; writes touch a built-in simulation only"}});
    return TargetResult(simulation("demo"));
}

}  // namespace

Result<std::vector<std::unique_ptr<ports::Target>>> make_targets(const config::Config& config) {
    std::vector<std::unique_ptr<ports::Target>> targets;
    if (config.targets.empty()) {
        auto target = default_target(config);
        if (!target) return std::move(target).error();
        targets.push_back(*std::move(target));
    }
    for (const config::TargetConfig& wanted : config.targets) {
        auto target = make_target(config, wanted);
        if (!target) {
            Error failure = std::move(target).error();
            failure.message = "target " + wanted.name + ": " + failure.message;
            return failure;
        }
        targets.push_back(*std::move(target));
    }
    return targets;
}

}  // namespace helix::app
