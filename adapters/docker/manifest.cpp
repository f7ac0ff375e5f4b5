#include "adapters/docker/manifest.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "adapters/docker/container.hpp"
#include "domain/cluster/quantity.hpp"
#include "service/wire/fields.hpp"

namespace helix::docker {
namespace {

using nlohmann::json;
using wire::Fields;

constexpr std::int64_t kMemoryLeast = 6 << 20;  ///< docker's own
constexpr std::size_t kTextMost = 4096;

bool printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

std::vector<std::string> texts(const json& spec, const char* name, Fields& in) {
    std::vector<std::string> all;
    if (!in.has(name)) return all;
    const json& list = spec.at(name);
    const bool good =
        list.is_array() && list.size() <= 256 && std::all_of(list.begin(), list.end(), [](const json& one) {
            return one.is_string() && one.get_ref<const std::string&>().size() <= kTextMost;
        });
    if (!good) {
        in.complain(name, std::string(name) + " must be a list of texts");
        return all;
    }
    for (const json& one : list) all.push_back(one.get<std::string>());
    return all;
}

std::map<std::string, std::string> pairs(const json& object, const char* name, Fields& in) {
    std::map<std::string, std::string> all;
    if (!in.has(name)) return all;
    const json& value = object.at(name);
    if (!value.is_object()) in.complain(name, std::string(name) + " must be an object of texts");
    if (!in.verdict()) return all;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string() || key.empty() || key.find('=') != std::string::npos)
            in.complain(name, std::string(name) + " must be an object of texts");
        if (!in.verdict()) return all;
        all.emplace(key, text.get<std::string>());
    }
    return all;
}

std::optional<std::int64_t> bytes(const json& object, const char* name, Fields& in) {
    if (!in.has(name)) return std::nullopt;
    const auto amount = cluster::parse_quantity(in.text(name, 64));
    if (in.verdict() && (!amount || *amount < kMemoryLeast || *amount > kMemoryMost))
        in.complain(name, std::string(name) + " is no amount from 6 MiB to 1 PiB", "write it like 512Mi");
    static_cast<void>(object);
    return amount ? std::optional(*amount) : std::nullopt;
}

void check_restart(const std::string& restart, Fields& in) {
    constexpr std::array<std::string_view, 4> kKnown = {"no", "on-failure", "always", "unless-stopped"};
    if (std::find(kKnown.begin(), kKnown.end(), restart) == kKnown.end())
        in.complain("restart", "restart is no, on-failure, always or unless-stopped");
}

void read_spec(const json& spec, Fields& in, Manifest& manifest) {
    in.only(
        {"image", "memory", "command", "args", "env", "user", "network", "restart", "publish", "volumes", "gpus",
         "vram"},
        "a container takes image, memory, command, args, env, user, network, restart, publish, volumes, gpus, vram");
    manifest.image = in.text("image", 1024);
    if (in.verdict() && (manifest.image.empty() || !printable(manifest.image)))
        in.complain("image", "image is not an image reference");
    manifest.memory = bytes(spec, "memory", in);
    manifest.vram = bytes(spec, "vram", in);
    manifest.command = texts(spec, "command", in);
    manifest.args = texts(spec, "args", in);
    manifest.publish = texts(spec, "publish", in);
    manifest.volumes = texts(spec, "volumes", in);
    manifest.gpus = texts(spec, "gpus", in);
    manifest.env = pairs(spec, "env", in);
    if (in.has("user")) manifest.user = in.text("user", 256);
    if (in.has("network")) manifest.network = in.text("network", 256);
    if (in.has("restart")) manifest.restart = in.text("restart", 64);
    check_restart(manifest.restart, in);
    for (const std::string& gpu : manifest.gpus)
        if (gpu.empty() || gpu.size() > 3 ||
            !std::all_of(gpu.begin(), gpu.end(), [](char c) { return c >= '0' && c <= '9'; }))
            in.complain("gpus", "gpus are named by index", "write [\"0\"]; GET /v1/units shows them");
}

/// "8080:80", "127.0.0.1:8080:80/tcp" as docker's PortBindings has it.
void put_port(const std::string& text, json& ports) {
    const std::size_t last = text.rfind(':');
    std::string inside = last == std::string::npos ? text : text.substr(last + 1);
    const std::string outside = last == std::string::npos ? "" : text.substr(0, last);
    if (inside.find('/') == std::string::npos) inside += "/tcp";
    const std::size_t address = outside.rfind(':');
    json binding = {{"HostPort", address == std::string::npos ? outside : outside.substr(address + 1)}};
    if (address != std::string::npos) binding["HostIp"] = outside.substr(0, address);
    ports[inside].push_back(std::move(binding));
}

}  // namespace

Result<Manifest> read_manifest(const std::string& json_text) {
    const json value = json::parse(json_text, nullptr, false);
    Manifest manifest;
    Fields in(value, "/manifest");
    in.only({"apiVersion", "kind", "metadata", "spec"}, "a manifest takes apiVersion, kind, metadata, spec");
    const json* metadata = in.need("metadata");
    const json* spec = in.need("spec");
    if (!in.verdict()) return in.verdict().error();
    Fields meta(*metadata, "/manifest/metadata");
    meta.only({"name", "labels"}, "a container's metadata takes name and labels");
    manifest.name = meta.text("name", 128);
    if (meta.verdict() && !is_container_name(manifest.name))
        meta.complain("name", "name is not a container's name", "letters, digits, \"_\", \".\", \"-\"; at least two");
    manifest.labels = pairs(*metadata, "labels", meta);
    if (!meta.verdict()) return meta.verdict().error();
    Fields fields(*spec, "/manifest/spec");
    if (fields.verdict()) read_spec(*spec, fields, manifest);
    if (!fields.verdict()) return fields.verdict().error();
    return manifest;
}

Result<std::int64_t> read_memory_limit(const std::string& json_text) {
    const json value = json::parse(json_text, nullptr, false);
    const auto refuse = [] {
        return error(Code::InvalidArgument, "of a container only the memory limit can be changed",
                     "write {\"limits\": {\"memory\": \"512Mi\"}}", "/resources");
    };
    if (!value.is_object() || value.size() != 1 || !value.contains("limits")) return refuse();
    const json& limits = value.at("limits");
    if (!limits.is_object() || limits.size() != 1 || !limits.contains("memory")) return refuse();
    Fields in(limits, "/resources/limits");
    const auto memory = bytes(limits, "memory", in);
    if (!in.verdict()) return in.verdict().error();
    return *memory;
}

std::string create_body(const Manifest& manifest, const std::map<std::string, std::string>& extra) {
    json labels = manifest.labels;
    for (const auto& [key, value] : extra) labels[key] = value;
    if (manifest.vram) labels[kVramLabel] = std::to_string(*manifest.vram);
    json host = {{"RestartPolicy", {{"Name", manifest.restart}}}};
    if (manifest.memory) {
        host["Memory"] = *manifest.memory;
        host["MemorySwap"] = *manifest.memory;  // else as much again in swap
    }
    if (!manifest.network.empty()) host["NetworkMode"] = manifest.network;
    if (!manifest.volumes.empty()) host["Binds"] = manifest.volumes;
    if (!manifest.gpus.empty()) host["DeviceRequests"] = {{{"DeviceIDs", manifest.gpus}, {"Capabilities", {{"gpu"}}}}};
    json body = {{"Image", manifest.image}, {"Labels", std::move(labels)}};
    for (const std::string& port : manifest.publish) put_port(port, host["PortBindings"]);
    if (host.contains("PortBindings"))
        for (const auto& [port, bindings] : host["PortBindings"].items()) body["ExposedPorts"][port] = json::object();
    if (!manifest.command.empty()) body["Entrypoint"] = manifest.command;
    if (!manifest.args.empty()) body["Cmd"] = manifest.args;
    if (!manifest.user.empty()) body["User"] = manifest.user;
    for (const auto& [key, value] : manifest.env) body["Env"].push_back(key + "=" + value);
    body["HostConfig"] = std::move(host);
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace helix::docker
