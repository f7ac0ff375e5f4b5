#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/result.hpp"

namespace helix::docker {

constexpr std::int64_t kMemoryMost = std::int64_t{1} << 50U;  ///< of a limit; more is no machine

/// A container to be made, as its manifest says:
///
///     apiVersion: eose.ca/v1
///     kind: Container
///     metadata: {name: cart, labels: {team: shop}}
///     spec: {image: cart:2, memory: 512Mi, ...}
struct Manifest {
    std::string name;
    std::map<std::string, std::string> labels;
    std::string image;
    std::optional<std::int64_t> memory;  ///< bytes it can never pass; none: the gate knows no memory, and refuses
    std::vector<std::string> command;    ///< instead of the image's entry point
    std::vector<std::string> args;
    std::map<std::string, std::string> env;
    std::string user;
    std::string network;               ///< bridge, host, none or a network's name; empty: the engine's default
    std::string restart = "no";        ///< no, on-failure, always, unless-stopped
    std::vector<std::string> publish;  ///< "8080:80", "127.0.0.1:8080:80/tcp"
    std::vector<std::string> volumes;  ///< "/data:/data:ro", "cache:/cache"
    std::vector<std::string> gpus;     ///< indices: "0"
    std::optional<std::int64_t> vram;  ///< bytes that it may take of each of them; the engine does not enforce it
};

/// Reads a manifest (JSON text). Errors: InvalidArgument naming the field.
Result<Manifest> read_manifest(const std::string& json_text);

/// What set-resources asks for: {"limits": {"memory": "512Mi"}} as bytes. Errors: InvalidArgument.
Result<std::int64_t> read_memory_limit(const std::string& json_text);

/// The body of the engine's /containers/create; `extra` labels are put beside the manifest's.
std::string create_body(const Manifest& manifest, const std::map<std::string, std::string>& extra);

}  // namespace helix::docker
