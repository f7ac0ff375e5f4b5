#include "adapters/postgres/conninfo.hpp"

#include <initializer_list>
#include <map>
#include <memory>
#include <utility>

#include <libpq-fe.h>

namespace helix::postgres {
namespace {

using Settings = std::map<std::string, std::string>;

std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

std::string joined(const Settings& settings) {
    std::string text;
    for (const auto& [name, value] : settings) text += (text.empty() ? "" : " ") + name + "=" + quoted(value);
    return text;
}

/// Built from the few settings that hold no secret.
std::string display_of(const Settings& settings) {
    const auto value = [&](const char* name) {
        const auto found = settings.find(name);
        return found == settings.end() ? std::string() : found->second;
    };
    std::string text = "postgresql://";
    if (const auto user = value("user"); !user.empty()) text += user + "@";
    text += value("host");
    if (const auto port = value("port"); !port.empty()) text += ":" + port;
    text += "/" + value("dbname");
    if (const auto service = value("service"); !service.empty()) text += "?service=" + service;
    return text;
}

}  // namespace

bool is_postgres_url(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Result<Conninfo> parse_conninfo(const std::string& url) {
    constexpr const char* kMend = "write postgresql://user@host:port/database; see docs/postgresql.md";
    if (!is_postgres_url(url)) return error(Code::InvalidArgument, "not a PostgreSQL URL", kMend, "ledger");
    // The library's own message may repeat a piece of the URL, a password's among them: it is not passed on.
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                               &PQconninfoFree);
    if (!options) return error(Code::InvalidArgument, "the PostgreSQL URL is not well-formed", kMend, "ledger");
    Settings settings;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string name = option->keyword;
        if (name == "password" || name == "sslpassword")
            return error(Code::InvalidArgument, "the PostgreSQL URL holds a password, which others could read there",
                         "put it into the file that PGPASSFILE names", "ledger");
        settings[name] = option->val;
    }
    Conninfo conninfo;
    conninfo.display = display_of(settings);
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"application_name", "helix"},
                                                                    {"client_encoding", "UTF8"},
                                                                    {"connect_timeout", "5"},
                                                                    {"keepalives_idle", "5"},
                                                                    {"keepalives_interval", "3"},
                                                                    {"keepalives_count", "3"},
                                                                    {"tcp_user_timeout", "15000"},
                                                                    {"target_session_attrs", "read-write"}})
        settings.emplace(name, value);
    conninfo.text = joined(settings);
    return conninfo;
}

}  // namespace helix::postgres
