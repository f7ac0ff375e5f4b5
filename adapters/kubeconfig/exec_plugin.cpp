#include "adapters/kubeconfig/exec_plugin.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <sstream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "adapters/child_process/child_process.hpp"

namespace helix::kubeconfig {
namespace {

using nlohmann::json;

std::string encode_base64(std::string_view bytes) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t n = 0; n < bytes.size(); n += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = (bits << 8U) | (n + k < bytes.size() ? static_cast<unsigned char>(bytes[n + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text.push_back(n + k > bytes.size() ? '=' : kDigits[(bits >> (18 - 6 * k)) & 63U]);
    }
    return text;
}

std::string exec_info(const ExecPlugin& plugin, const endpoint::Endpoint& endpoint) {
    json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
    if (plugin.provide_cluster_info) {
        json cluster{{"server", endpoint.server_url}};
        if (!endpoint.tls_server_name.empty()) cluster["tls-server-name"] = endpoint.tls_server_name;
        if (endpoint.insecure) cluster["insecure-skip-tls-verify"] = true;
        if (!endpoint.ca_pem.empty()) cluster["certificate-authority-data"] = encode_base64(endpoint.ca_pem);
        info["spec"]["cluster"] = std::move(cluster);
    }
    return info.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::string find_program(const std::string& command, const std::vector<std::string>& environment) {
    if (command.find('/') != std::string::npos) return command;
    for (const std::string& variable : environment) {
        if (!variable.starts_with("PATH=")) continue;
        std::istringstream folders(variable.substr(5));
        for (std::string folder; std::getline(folders, folder, ':');) {
            std::string path = folder + "/" + command;
            if (folder.starts_with('/') && ::access(path.c_str(), X_OK) == 0) return path;
        }
    }
    return {};
}

std::string text_of(const json& object, const char* key) {
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Result<Held> read_credential(const ExecPlugin& plugin, const std::string& output) {
    const auto unusable = [&](const std::string& why) {
        return wrong(plugin.place, "its answer " + why, Code::Unauthenticated);
    };
    const json answer = json::parse(output, nullptr, false);
    if (!answer.is_object() || text_of(answer, "kind") != "ExecCredential") return unusable("is no ExecCredential");
    if (text_of(answer, "apiVersion") != plugin.api_version) return unusable("has another apiVersion");
    const auto status = answer.find("status");
    if (status == answer.end() || !status->is_object()) return unusable("has no status");
    Held held{
        {text_of(*status, "token"), text_of(*status, "clientCertificateData"), text_of(*status, "clientKeyData")}};
    const endpoint::Credential& credential = held.credential;
    if (credential.bearer_token.empty() && credential.client_cert_pem.empty()) return unusable("holds no credential");
    if (credential.client_cert_pem.empty() != credential.client_key_pem.empty())
        return unusable("holds a certificate or a key without the other");
    if (status->contains("expirationTimestamp")) {
        const auto until = parse_rfc3339(text_of(*status, "expirationTimestamp"));
        if (!until) return unusable("has an expirationTimestamp that is no RFC 3339 time");
        held.good_until = *until;
    }
    return held;
}

}  // namespace

std::optional<WallClock::time_point> parse_rfc3339(const std::string& text) {
    std::tm tm{};
    int used = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                    &tm.tm_min, &tm.tm_sec, &used) != 6 ||
        used != 19)
        return std::nullopt;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
        tm.tm_sec > 60 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
        return std::nullopt;
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.')
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9';) ++at;  // a part of a second is dropped
    const std::string zone = text.substr(at);
    int hours = 0, minutes = 0;
    if (zone != "Z" && (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') ||
                        std::sscanf(zone.c_str() + 1, "%2d:%2d", &hours, &minutes) != 2))
        return std::nullopt;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    const std::time_t offset_s = (hours * 60 + minutes) * 60;
    return WallClock::from_time_t(::timegm(&tm) + (zone[0] == '-' ? offset_s : -offset_s));
}

Result<Held> run_exec_plugin(const ExecPlugin& plugin, const endpoint::Endpoint& endpoint,
                             const std::vector<std::string>& environment, std::chrono::milliseconds timeout,
                             const std::stop_token& stop) {
    child_process::Child child;
    child.program = find_program(plugin.command, environment);
    if (child.program.empty())
        return wrong(plugin.place, in_quotes(plugin.command) + " is not in PATH", Code::Unauthenticated);
    child.arguments = plugin.arguments;
    for (const std::string& variable : environment) {
        const bool replaced = std::any_of(plugin.environment.begin(), plugin.environment.end(),
                                          [&](const auto& own) { return variable.starts_with(own.first + "="); });
        if (!replaced) child.environment.push_back(variable);
    }
    for (const auto& [name, value] : plugin.environment) child.environment.push_back(name + "=" + value);
    child.environment.push_back("KUBERNETES_EXEC_INFO=" + exec_info(plugin, endpoint));
    child.timeout = timeout;
    auto output = child_process::run(child, stop);
    if (output) return read_credential(plugin, *output);
    if (stop.stop_requested()) return std::move(output).error();
    return wrong(plugin.place, in_quotes(plugin.command) + ": " + output.error().message, Code::Unauthenticated);
}

}  // namespace helix::kubeconfig
