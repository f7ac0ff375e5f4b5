#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "adapters/ssh/link.hpp"
#include "service/ports/target.hpp"

namespace helix::silo {

struct SiloOptions {
    ssh::LinkOptions ssh;                              ///< leads to the Docker engine's socket
    std::chrono::milliseconds figures_every{15'000};   ///< how often memory is read
    std::chrono::milliseconds answer_most{10'000};     ///< for a command on the host
    std::chrono::milliseconds read_back_time{35'000};  ///< see Writes
};

/// A Docker host without Kubernetes, over one SSH connection.
///
/// R: the engine's events say when a container changed; its list and inspections are read then. Memory in use is read
/// every `figures_every` from the engine's one-shot statistics, /proc/meminfo and nvidia-smi. Every figure keeps the
/// time at which it came: a host that says nothing, or nonsense, keeps its old figures, and they age.
/// Source: docs/silos.md.
/// Thread safety: as ports::Target.
std::unique_ptr<ports::Target> make_silo_target(std::string name, SiloOptions options);

}  // namespace helix::silo
