#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"

namespace helix::docker {

/// Labels of ours on a container. Docker lets nobody change a label once the container is made.
inline constexpr const char* kMarkLabel = "helix.eose.ca/cycle";   ///< the step that made it
inline constexpr const char* kActorLabel = "helix.eose.ca/actor";  ///< who asked for it
inline constexpr const char* kVramLabel = "helix.eose.ca/vram";    ///< bytes it may take of each of its GPUs

/// A container as its host describes it.
struct Container {
    std::string id;
    std::string name;  ///< without the leading slash
    std::string image;
    std::string status;    ///< created, running, paused, restarting, removing, exited, dead
    bool running = false;  ///< has a process; paused ones do
    bool restarting = false;
    std::string started_at;  ///< by the host's clock: only ever compared for equality
    std::string finished_at;
    std::int64_t memory_limit = 0;  ///< bytes; 0: none
    std::int64_t restart_count = 0;
    bool all_gpus = false;          ///< or some, and nothing says which
    std::vector<std::string> gpus;  ///< as they were asked for: indices, UUIDs, parts of those, names of CDI
    std::map<std::string, std::string> labels;

    /// Changes with everything that a write of ours can change: "running since 2026-11-21T10:00:00Z, 512 MiB".
    [[nodiscard]] std::string version() const;
    [[nodiscard]] std::string label(const char* key) const;

    friend bool operator==(const Container&, const Container&) = default;
};

/// A line of a listing.
struct Listed {
    std::string id;
    std::string name;
    std::string state;
};

/// Reads the answer of /containers/{id}/json. Errors: DataLoss when it is none.
Result<Container> container_from_json(const nlohmann::json& value);

/// Reads the answer of /containers/json. Errors: DataLoss.
Result<std::vector<Listed>> listing_from_json(const nlohmann::json& value);

/// Memory in use out of the answer of /containers/{id}/stats as docker's own command line shows it: without the page
/// cache that can be given back (cgroup v1 total_inactive_file, v2 inactive_file). Errors: DataLoss; NotFound when
/// there is no sample.
Result<std::int64_t> memory_from_stats(const nlohmann::json& value);

/// Whether docker would take it as a container's name; such a name is also one plain word of any shell.
bool is_container_name(std::string_view text);

}  // namespace helix::docker
