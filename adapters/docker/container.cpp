#include "adapters/docker/container.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace helix::docker {
namespace {

using nlohmann::json;

Error garbled(const std::string& what) {
    return error(Code::DataLoss, "the Docker engine's answer is not understood: " + what,
                 "is it a Docker engine of API 1.41 or later?");
}

const json& member(const json& value, const char* name) {
    static const json kNothing;
    const auto found = value.is_object() ? value.find(name) : value.end();
    return value.is_object() && found != value.end() ? *found : kNothing;
}

std::string text(const json& value, const char* name) {
    const json& found = member(value, name);
    return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t number(const json& value, const char* name) {
    const json& found = member(value, name);
    return found.is_number_integer() ? found.get<std::int64_t>() : 0;
}

bool flag(const json& value, const char* name) {
    const json& found = member(value, name);
    return found.is_boolean() && found.get<bool>();
}

std::string plain_name(std::string name) {
    if (!name.empty() && name.front() == '/') name.erase(0, 1);
    return name;
}

void read_gpus(const json& requests, Container& container) {
    if (!requests.is_array()) return;
    for (const json& request : requests) {
        bool is_gpu = text(request, "Driver") == "nvidia" || text(request, "Driver") == "cdi";
        for (const json& all : member(request, "Capabilities"))
            for (const json& one : all) is_gpu = is_gpu || one == "gpu";
        if (!is_gpu) continue;
        const json& ids = member(request, "DeviceIDs");
        if (!ids.is_array() || ids.empty()) container.all_gpus = container.all_gpus || number(request, "Count") != 0;
        if (ids.is_array())
            for (const json& id : ids)
                if (id.is_string()) container.gpus.push_back(id.get<std::string>());
    }
}

/// The older ways to a GPU, which do not say to which.
bool has_gpus_otherwise(const json& host) {
    if (text(host, "Runtime").find("nvidia") != std::string::npos) return true;
    const json& devices = member(host, "Devices");
    return devices.is_array() && std::any_of(devices.begin(), devices.end(), [](const json& device) {
               return text(device, "PathOnHost").starts_with("/dev/nvidia");
           });
}

}  // namespace

std::string Container::version() const {
    const bool stands = running || restarting;
    return status +
           (stands                ? " since " + started_at
            : finished_at.empty() ? ""
                                  : " at " + finished_at) +
           ", memory " + (memory_limit > 0 ? std::to_string(memory_limit) : "unlimited");
}

std::string Container::label(const char* key) const {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string() : found->second;
}

Result<Container> container_from_json(const json& value) {
    const json& state = member(value, "State");
    const json& host = member(value, "HostConfig");
    const json& config = member(value, "Config");
    Container container;
    container.id = text(value, "Id");
    container.name = plain_name(text(value, "Name"));
    container.image = text(config, "Image");
    container.status = text(state, "Status");
    if (container.id.empty() || container.status.empty() || !is_container_name(container.name))
        return garbled("a container without id, name or state");
    container.running = flag(state, "Running");
    container.restarting = flag(state, "Restarting");
    if (container.restarting) container.running = false;  // docker says both between two tries
    container.started_at = text(state, "StartedAt");
    container.finished_at = text(state, "FinishedAt");
    container.memory_limit = std::max<std::int64_t>(0, number(host, "Memory"));
    container.restart_count = number(value, "RestartCount");
    read_gpus(member(host, "DeviceRequests"), container);
    container.all_gpus = container.all_gpus || has_gpus_otherwise(host);
    const json& labels = member(config, "Labels");
    if (labels.is_object())
        for (const auto& [key, label] : labels.items())
            if (label.is_string()) container.labels.emplace(key, label.get<std::string>());
    return container;
}

Result<std::vector<Listed>> listing_from_json(const json& value) {
    if (!value.is_array()) return garbled("a listing that is no list");
    std::vector<Listed> all;
    for (const json& one : value) {
        const json& names = member(one, "Names");
        Listed listed{text(one, "Id"), {}, text(one, "State")};
        if (names.is_array() && !names.empty() && names.front().is_string())
            listed.name = plain_name(names.front().get<std::string>());
        if (listed.id.empty() || listed.state.empty()) return garbled("a container without id or state");
        all.push_back(std::move(listed));
    }
    return all;
}

Result<std::int64_t> memory_from_stats(const json& value) {
    const json& memory = member(value, "memory_stats");
    const std::int64_t usage = number(memory, "usage");
    if (!member(memory, "usage").is_number_integer())  // it has just ended, or the host does not count memory
        return error(Code::NotFound, "the engine has no statistics of that container's memory");
    if (usage < 0) return garbled("memory below nothing");
    const json& details = member(memory, "stats");
    const bool first_version = !member(details, "total_inactive_file").is_null();
    const std::int64_t cache = number(details, first_version ? "total_inactive_file" : "inactive_file");
    return cache > 0 && cache < usage ? usage - cache : usage;
}

bool is_container_name(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (text.size() < 2 || text.size() > 128 || !plain(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace helix::docker
