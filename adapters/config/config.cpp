#include "adapters/config/config.hpp"

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "service/wire/yaml_json.hpp"

namespace helix::config {
namespace {

using nlohmann::json;

/// Reads an object's members into fields; the first thing wrong is kept, and what nobody asked for is wrong, too.
class Reader {
public:
    Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
        if (!object.is_object()) fail("", "is not a mapping");
    }

    void text(const char* name, std::string& into) {
        const json* value = member(name);
        if (value == nullptr) return;
        if (!value->is_string()) return fail(name, "is not text");
        into = value->get<std::string>();
    }

    void flag(const char* name, bool& into) {
        const json* value = member(name);
        if (value == nullptr) return;
        if (!value->is_boolean()) return fail(name, "is not true or false");
        into = value->get<bool>();
    }

    /// A text, or what YAML takes for a boolean, which goes to `flag`.
    void either(const char* name, const std::function<void(bool)>& flag, std::string& into) {
        const json* value = member(name);
        if (value == nullptr || !value->is_boolean()) return text(name, into);
        flag(value->get<bool>());
    }

    void number(const char* name, std::int64_t low, std::int64_t high, std::int64_t& into) {
        const json* value = member(name);
        if (value == nullptr) return;
        if (!value->is_number_integer() || value->get<std::int64_t>() < low || value->get<std::int64_t>() > high)
            return fail(name, "is not a whole number in " + std::to_string(low) + ".." + std::to_string(high));
        into = value->get<std::int64_t>();
    }

    void texts(const char* name, std::vector<std::string>& into) {
        each(name, [&](const json& item, const std::string&) {
            if (item.is_string()) {
                into.push_back(item.get<std::string>());
            } else {
                fail(name, "is not a list of texts");
            }
        });
    }

    void each(const char* name, const std::function<void(const json&, const std::string&)>& visit) {
        const json* value = member(name);
        if (value == nullptr) return;
        if (!value->is_array()) return fail(name, "is not a list");
        for (std::size_t i = 0; i < value->size(); ++i)
            visit((*value)[i], where_ + (where_.empty() ? "" : ".") + name + "[" + std::to_string(i) + "]");
    }

    /// Calls `visit` with the object `name`, if there is one.
    template <class F>
    void object(const char* name, F&& visit) {
        const json* value = member(name);
        if (value == nullptr) return;
        if (!value->is_object()) return fail(name, "is not an object");
        visit(*value, where_ + (where_.empty() ? "" : ".") + name);
    }

    void fail(const std::string& name, const std::string& what) {
        if (problem_.empty()) problem_ = path(name) + " " + what;
    }

    /// What is wrong, "" when nothing is.
    std::string finish() {
        if (object_.is_object())
            for (const auto& [name, value] : object_.items())
                if (!asked_.contains(name)) fail(name, "is not a field that is known here");
        return problem_;
    }

private:
    const json* member(const char* name) {
        asked_.insert(name);
        if (!object_.is_object()) return nullptr;
        const auto found = object_.find(name);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    std::string path(const std::string& name) const {
        if (where_.empty()) return name.empty() ? "the file" : name;
        return name.empty() ? where_ : where_ + "." + name;
    }

    const json& object_;
    const std::string where_;
    std::set<std::string> asked_;
    std::string problem_;
};

std::string read_silo(const json& value, const std::string& where, SiloConfig& silo) {
    Reader reader(value, where);
    reader.text("host", silo.host);
    reader.text("user", silo.user);
    reader.number("port", 1, 65'535, silo.port);
    reader.text("ssh_config", silo.ssh_config);
    reader.text("identity_file", silo.identity_file);
    reader.text("known_hosts", silo.known_hosts);
    reader.text("docker_socket", silo.docker_socket);
    if (silo.host.empty() || silo.host.front() == '-')
        reader.fail("host", "is missing: a host's name, or a Host of ssh's configuration");
    return reader.finish();
}

std::string read_target(const json& value, const std::string& where, TargetConfig& target) {
    Reader reader(value, where);
    reader.text("name", target.name);
    reader.text("context", target.context);
    reader.flag("in_cluster", target.in_cluster);
    reader.flag("simulated", target.simulated);
    target.line = where;
    std::string in_silo;
    reader.object("silo", [&](const json& inner, const std::string& inner_where) {
        target.silo.emplace();
        in_silo = read_silo(inner, inner_where, *target.silo);
    });
    if (target.name.empty()) target.name = target.silo ? target.silo->host : target.context;
    if (target.name.empty()) reader.fail("name", "is missing");
    const int kinds = static_cast<int>(!target.context.empty()) + static_cast<int>(target.in_cluster) +
                      static_cast<int>(target.simulated) + static_cast<int>(target.silo.has_value());
    if (kinds != 1) reader.fail("", "names exactly one of context, in_cluster, silo, simulated");
    const std::string problem = reader.finish();
    return problem.empty() ? in_silo : problem;
}

std::string read_outbox(const json& value, const std::string& where, OutboxConfig& outbox) {
    Reader reader(value, where);
    reader.text("name", outbox.name);
    reader.text("url", outbox.url);
    reader.texts("types", outbox.types);
    reader.text("token_file", outbox.token_file);
    reader.text("ca_file", outbox.ca_file);
    reader.text("from", outbox.from);
    reader.flag("allow_http", outbox.allow_http);
    reader.number("attempts_max", 1, 1'000'000, outbox.attempts_max);
    reader.number("timeout_s", 1, 300, outbox.timeout_s);
    outbox.line = where;
    if (outbox.name.empty() || outbox.name.size() > 63 ||
        outbox.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
        reader.fail("name", "is not 1 to 63 of a-z 0-9 -");
    if (outbox.url.empty()) reader.fail("url", "is missing");
    if (outbox.types.empty()) reader.fail("types", "is missing: name kinds of records, like [helix.cycle], or [\"*\"]");
    if (outbox.from != "head" && outbox.from != "beginning") reader.fail("from", "is neither head nor beginning");
    return reader.finish();
}

void read_engines(Reader& reader, Config& config) {
    std::vector<std::string> engines;
    reader.texts("engines", engines);
    reader.number("engine_timeout_ms", 1, 600'000, config.engine_timeout_ms);
    reader.text("lean_gate", config.lean_gate);
    const std::set<std::string> known = {"builtin", "smt", "lean", "all"};
    for (const std::string& engine : engines)
        if (!known.contains(engine)) reader.fail("engines", "holds \"" + engine + "\": name builtin, smt, lean or all");
    const std::set<std::string> asked(engines.begin(), engines.end());
    if (asked.contains("lean") && config.lean_gate.empty())
        reader.fail("lean_gate", "is missing: name the helix-gate program that proofs/ builds");
    config.engines = {"builtin"};
    if (asked.contains("smt") || asked.contains("all")) config.engines.push_back("smt");
    if (asked.contains("lean") || (asked.contains("all") && !config.lean_gate.empty()))
        config.engines.push_back("lean");
}

/// `off` is a boolean to YAML 1.1, which the text "off" is not; both mean the same here.
void read_signing(Reader& reader, Config& config) {
    reader.either(
        "signing",
        [&](bool on) {
            if (on) reader.fail("signing", "is none of auto, off and a folder of keys");
            config.signing = "off";
        },
        config.signing);
    if (config.signing.empty()) reader.fail("signing", "is none of auto, off and a folder of keys");
}

std::string read_court(const json& value, const std::string& where, CourtConfig& court) {
    Reader reader(value, where);
    reader.flag("enabled", court.enabled);
    reader.number("resync_s", 1, 3600, court.resync_s);
    reader.text("conftest", court.conftest);
    reader.text("policies", court.policies);
    reader.text("records", court.records);
    reader.texts("l5_approvers", court.l5_approvers);
    reader.texts("l7_approvers", court.l7_approvers);
    reader.number("kyverno_scan_s", 1, 86'400, court.kyverno_scan_s);
    reader.number("gatekeeper_audit_s", 1, 86'400, court.gatekeeper_audit_s);
    return reader.finish();
}

}  // namespace

Result<Config> parse(const std::string& text, const std::string& file) {
    const auto refuse = [&](const std::string& what) {
        return error(Code::InvalidArgument, file + ": " + what, "see deploy/helix.example.yaml", file);
    };
    const auto document = wire::yaml_to_json(text);
    if (!document)
        return error(Code::InvalidArgument, file + ": " + document.error().message, document.error().mend, file);
    Config config;
    if (document->is_null()) return config;
    Reader reader(*document, "");
    reader.text("listen", config.listen);
    reader.text("ledger", config.ledger);
    reader.text("ledger_service_role", config.ledger_service_role);
    reader.text("ledger_name", config.ledger_name);
    read_signing(reader, config);
    reader.text("state", config.state);
    reader.text("instance", config.instance);
    reader.texts("kubeconfig", config.kubeconfig);
    reader.flag("allow_exec", config.allow_exec);
    reader.text("tls_cert", config.tls_cert);
    reader.text("tls_key", config.tls_key);
    reader.text("tokens", config.tokens);
    reader.text("log_level", config.log_level);
    reader.number("tick_s", 1, 3600, config.tick_s);
    reader.number("metrics_every_s", 1, 3600, config.metrics_every_s);
    reader.number("metrics_age_max_s", 1, 3600, config.metrics_age_max_s);
    reader.number("reservation_s", 1, 86'400, config.reservation_s);
    reader.number("lease_s", 2, 3600, config.lease_s);
    reader.number("recovery_grace_s", 0, 300, config.recovery_grace_s);
    reader.number("replicas_max", 1, 10'000'000, config.replicas_max);
    reader.flag("relief", config.relief);
    reader.texts("neutral_kinds", config.neutral_kinds);
    read_engines(reader, config);
    std::string in_list;
    std::set<std::string> names;
    reader.each("targets", [&](const json& value, const std::string& where) {
        TargetConfig target;
        const std::string problem = read_target(value, where, target);
        if (in_list.empty()) in_list = problem;
        if (in_list.empty() && !names.insert(target.name).second) in_list = where + ".name is given twice";
        config.targets.push_back(std::move(target));
    });
    reader.text("origin", config.origin);
    reader.object("court", [&](const json& value, const std::string& where) {
        const std::string problem = read_court(value, where, config.court);
        if (in_list.empty()) in_list = problem;
    });
    names.clear();
    reader.each("outbox", [&](const json& value, const std::string& where) {
        OutboxConfig outbox;
        const std::string problem = read_outbox(value, where, outbox);
        if (in_list.empty()) in_list = problem;
        if (in_list.empty() && !names.insert(outbox.name).second) in_list = where + ".name is given twice";
        config.outbox.push_back(std::move(outbox));
    });
    if (const std::string problem = reader.finish(); !problem.empty()) return refuse(problem);
    if (!in_list.empty()) return refuse(in_list);
    return config;
}

Result<std::string> read_file(const std::string& path) {
    constexpr std::size_t kMost = 3U * 1024U * 1024U;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return error(Code::NotFound, "cannot read " + path, "check the path and its permissions", path);
    std::string text(kMost + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMost)
        return error(Code::ResourceExhausted, path + " is over 3 MiB", "name a smaller file", path);
    return text;
}

Result<Config> load(const std::string& path) {
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    return parse(*text, path);
}

}  // namespace helix::config
